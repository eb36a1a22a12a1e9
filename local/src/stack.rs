//! The whole local stack, to be started and stopped as one.
//!
//! It runs on threads of its own, so one stack can serve many tests, each of which has a runtime
//! that ends with it.

use crate::{
    binaries::Binaries,
    engine::{Endpoint, Engine, Storage},
    gateway::Gateway,
    http::{listen, serve},
    logs::Logs,
    options::Options,
    pool::{Outcome, Pool},
    process::Registry,
    router::Router,
    runtime,
    spawn::{Group, Spawner},
    stripe::StandIn,
    template::{Function, Template},
    wire::Wire,
    workers::{self, Setting},
};
use anyhow::{Result, anyhow};
use bytes::Bytes;
use serde_json::Value;
use shared::store::outside::Outside;
use std::sync::Arc;
use tokio::{runtime::Runtime, task::JoinSet};

/// By which secrets are sealed that nobody keeps.
const KEY: &str = "a-stack-that-keeps-nothing";

/// A running stack. Dropping it ends every process it started.
pub struct Stack {
    running: Option<Running>,
    runtime: Option<Runtime>,
    address: std::net::SocketAddr,
    dynamodb_url: String,
    template: Arc<Template>,
    table_name: String,
    gateway: Arc<Gateway>,
    wire: Wire,
    stripe: StandIn,
    /// Where the functions find Stripe, and the keys by which they seal secrets.
    beyond: (String, Vec<String>),
    logs: Logs,
    registry: Registry,
}

struct Running {
    servers: JoinSet<()>,
    workers: JoinSet<()>,
    engine: Option<Engine>,
    spawner: Arc<Spawner>,
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts a stack; it answers requests when this returns.
    ///
    /// # Errors
    /// When the template is not usable, binaries are missing, the port is taken, or the data cannot
    /// be opened; the message says what to do.
    pub async fn start(options: Options) -> Result<Self> {
        let template = Template::load(&options.template)?;
        let binaries = Binaries::at(&options.binaries)?;
        if options.all_binaries {
            binaries.require(&template)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("local-stack")
            .enable_all()
            .build()?;
        match runtime
            .spawn(Self::build(options, template, binaries))
            .await
            .map_err(anyhow::Error::from)
        {
            Ok(Ok(mut stack)) => {
                stack.runtime = Some(runtime);
                Ok(stack)
            }
            Ok(Err(error)) | Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    async fn build(options: Options, template: Template, binaries: Binaries) -> Result<Self> {
        let table = template.table()?.clone();
        // Taken first: a port that is in use is the most likely thing to go wrong.
        let (listener, address) = listen(options.port).await?;
        let engine = match &options.dynamodb_endpoint {
            Some(_) => None,
            None => {
                let storage = options.data.clone().map_or(Storage::Memory, Storage::Folder);
                Some(Engine::start(&storage, 0).await?)
            }
        };
        let engine_url = match &engine {
            Some(engine) => engine.url.clone(),
            None => options.dynamodb_endpoint.clone().unwrap_or_default(),
        };
        let endpoint = Endpoint::new(&engine_url);
        endpoint.ensure_table(&table).await?;

        let registry = Registry::default();
        let mut servers = JoinSet::new();
        let wire = Wire::new(engine_url, &table, registry.clone(), options.record_wire);
        let (wire_listener, wire_address) = listen(0).await?;
        let proxy = wire.clone();
        servers.spawn(serve(wire_listener, move |request| proxy.clone().handle(request)));

        let (runtime_listener, runtime_address) = listen(0).await?;
        let processes = registry.clone();
        servers.spawn(serve(runtime_listener, move |request| {
            runtime::handle(processes.clone(), request)
        }));

        let (stripe_listener, stripe_address) = listen(0).await?;
        let stripe = StandIn::recording(options.stripe_exchanges.as_deref())?;
        let asked = stripe.clone();
        servers.spawn(serve(stripe_listener, move |request| asked.clone().handle(request)));
        let mut environment = options.environment.clone();
        let besides = [
            ("STRIPE_URL", format!("http://{stripe_address}")),
            // The stand-in takes as many as come.
            ("STRIPE_RATE", "100000".to_owned()),
            ("SECRETS_KEY", KEY.to_owned()),
        ];
        for (name, value) in besides {
            environment.entry(name.to_owned()).or_insert(value);
        }
        let set = |name: &str| environment.get(name).cloned().unwrap_or_default();
        let keys = set("SECRETS_KEY").split_whitespace().map(str::to_owned).collect();
        let beyond = (set("STRIPE_URL"), keys);

        let logs = Logs::new(options.log_sink.clone());
        let dynamodb_url = format!("http://{wire_address}");
        let spawner = Arc::new(Spawner {
            binaries,
            runtime_api: format!("http://{runtime_address}"),
            dynamodb_url: dynamodb_url.clone(),
            environment,
            group: Group::start()?,
            logs: logs.clone(),
            registry: registry.clone(),
        });
        let gateway = Arc::new(gateway(&template, &spawner, &options));
        let entrance = Arc::clone(&gateway);
        servers.spawn(serve(listener, move |request| Arc::clone(&entrance).handle(request)));

        let setting = Setting {
            endpoint,
            table: table.name.clone(),
            folder: options.data,
            every: options.schedule_override,
        };
        let workers = match options.workers {
            true => workers::start(gateway.pools.values(), &setting)?,
            false => JoinSet::new(),
        };
        Ok(Self {
            running: Some(Running { servers, workers, engine, spawner }),
            runtime: None,
            address,
            dynamodb_url,
            template: Arc::new(template),
            table_name: table.name,
            gateway,
            wire,
            stripe,
            beyond,
            logs,
            registry,
        })
    }

    /// `http://127.0.0.1:<port>`; the API is below `/api`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of DynamoDB, through the wire proxy.
    pub fn dynamodb_url(&self) -> &str {
        &self.dynamodb_url
    }

    /// The name of the table.
    pub fn table_name(&self) -> &str {
        &self.table_name
    }

    /// The template it runs.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The record and the faults of the calls to DynamoDB.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The stand-in for Stripe.
    pub fn stripe(&self) -> &StandIn {
        &self.stripe
    }

    /// What a program needs to ask the stand-in with the keys that accounts have set.
    pub fn outside(&self) -> Outside {
        let (stripe, keys) = self.beyond.clone();
        Outside::of(Some(stripe), keys)
    }

    /// What the functions printed.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// Invokes a function, named by its binary or its deployed name, without the gateway.
    ///
    /// # Errors
    /// When there is no such function. A function that fails is an [`Outcome::Error`].
    pub async fn invoke(&self, name: &str, payload: impl Into<Bytes>) -> Result<Outcome> {
        let pool = self.gateway.pool(name).ok_or_else(|| anyhow!("there is no function {name}"))?;
        let (pool, payload) = (Arc::clone(pool), payload.into());
        let runtime = self.runtime.as_ref().ok_or_else(|| anyhow!("the stack is stopped"))?;
        Ok(runtime.spawn(async move { pool.invoke(payload).await }).await?)
    }

    /// Puts items, written as DynamoDB writes them, into the table: all or none, and much faster than
    /// requests would. Neither the wire nor the stream hears of them.
    ///
    /// # Errors
    /// When one is no item, or when the database is not the one in this process.
    pub async fn import(&self, items: Vec<Value>) -> Result<()> {
        let engine = self.running.as_ref().and_then(|running| running.engine.as_ref());
        let engine = engine.ok_or_else(|| anyhow!("there is no database in this process"))?;
        let importer = engine.importer(&self.table_name);
        tokio::task::spawn_blocking(move || importer.put(items)).await?
    }

    /// Kills every process of a function, as `kill -9` would; how many there were.
    pub async fn kill(&self, bin: &str) -> usize {
        let of_bin = self.registry.all().into_iter().filter(|process| process.bin == bin);
        let processes: Vec<_> = of_bin.collect();
        for process in &processes {
            process.kill().await;
        }
        processes.len()
    }

    /// Kills one process, named as [`Call::process`](crate::wire::Call::process) names it, as `kill -9`
    /// would; false, where there is none of that name any more.
    pub async fn kill_process(&self, id: &str) -> bool {
        let process = self.registry.get(id);
        if let Some(process) = &process {
            process.kill().await;
        }
        process.is_some()
    }

    /// The programs of the functions have been replaced: from now on the new ones answer. What the old
    /// ones have begun they end. How many waited and were ended.
    pub async fn renew(&self) -> usize {
        let mut ended = 0;
        for pool in self.gateway.pools.values() {
            ended += pool.renew().await;
        }
        ended
    }

    /// The process ids of the live processes of a function.
    pub fn pids(&self, bin: &str) -> Vec<u32> {
        let all = self.registry.all();
        let of_bin = all.iter().filter(|process| process.bin == bin);
        of_bin.filter_map(|process| process.pid.get().copied()).collect()
    }

    /// Stops everything, and returns when no process is left.
    pub async fn shutdown(mut self) {
        if let (Some(running), Some(runtime)) = (self.running.take(), self.runtime.take()) {
            let registry = self.registry.clone();
            let _ = runtime.spawn(running.end(registry)).await;
            runtime.shutdown_background();
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.spawner.group.end();
        }
        if let Some(runtime) = self.runtime.take() {
            // The only way to end a runtime that is also allowed inside of another one.
            runtime.shutdown_background();
        }
    }
}

impl Running {
    async fn end(mut self, registry: Registry) {
        self.workers.shutdown().await;
        self.spawner.group.end();
        for process in registry.all() {
            process.ended().await;
        }
        self.servers.shutdown().await;
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

/// The routes, and a pool of processes for each function.
fn gateway(template: &Template, spawner: &Arc<Spawner>, options: &Options) -> Gateway {
    let pool = |function: &Function| {
        let pool = Pool::new(function.clone(), Arc::clone(spawner), options.max_processes);
        (function.bin.clone(), Arc::new(pool))
    };
    Gateway {
        router: Router::new(template),
        pools: template.functions().iter().map(pool).collect(),
        timeout: options.gateway_timeout,
        access: options.access_sink.clone(),
    }
}
