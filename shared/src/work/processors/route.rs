//! Routes: the processors that are tried one after the other, and whether they exist.

use crate::{
    base::{
        error::Error,
        id::ProcessorId,
        input::{Faults, Location},
        money::Currency,
    },
    model::processor::{
        Processor,
        route::{MAX_PROCESSORS, NOUN, ProcessorRoute},
    },
    store::key::Key,
    work::Work,
};

impl Work {
    /// Checks that the processors a route names exist; every one that does not is a fault.
    pub async fn route_references(&self, processors: &[ProcessorId]) -> Result<(), Error> {
        let few: Vec<&ProcessorId> = processors.iter().take(MAX_PROCESSORS).collect();
        let found = self.processors(&few).await?;
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let at = body.field("processor_ids");
        for (index, id) in few.into_iter().enumerate() {
            if !found.iter().any(|processor| processor.id() == id) {
                let hint = "names a processor that does not exist";
                faults.not_valid(&at.index(index), "no_such_object", hint);
            }
        }
        faults.settled()
    }
}

impl Work {
    /// The processors to try for an amount in `currency`, first to last; none, where the route is not
    /// for it.
    pub async fn processors_of(
        &self,
        route: &ProcessorRoute,
        currency: Currency,
    ) -> Result<Vec<Processor>, Error> {
        if !route.takes(currency) {
            return Ok(Vec::new());
        }
        let mut found = self.processors(&route.processor_ids.iter().collect::<Vec<_>>()).await?;
        found.retain(Processor::is_active);
        Ok(found)
    }

    /// Those of `ids` that exist, each once, in their order.
    async fn processors(&self, ids: &[&ProcessorId]) -> Result<Vec<Processor>, Error> {
        let mut keys: Vec<Key> = Vec::new();
        for key in ids.iter().map(|id| self.key_of(id)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        match keys.is_empty() {
            true => Ok(Vec::new()),
            false => self.find_all(keys).await,
        }
    }
}
