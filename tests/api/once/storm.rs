//! What a story's calls to its processor meet.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use local::stripe::{Asked, Trouble};

use crate::client::Api;

/// What can be met, each as often as it stands here.
fn kinds() -> Vec<Trouble> {
    vec![
        Trouble::LostBefore,
        Trouble::LostBefore,
        Trouble::LostAfter,
        Trouble::LostAfter,
        Trouble::LostAfter,
        Trouble::Broken,
        Trouble::MadeLater,
        Trouble::MadeLater,
        Trouble::Refused(409),
        Trouble::Refused(429),
        Trouble::Refused(500),
        Trouble::Refused(401),
        Trouble::Slow(Duration::from_millis(40)),
    ]
}

/// What the calls with one secret key meet.
struct Storm {
    rng: Rng,
    kinds: Vec<Trouble>,
    /// How many calls of a thousand are struck.
    per_mille: u32,
    struck: u64,
}

/// The storms over all secret keys of a stack's stand-in.
#[derive(Clone, Default)]
pub(super) struct Storms(Arc<Mutex<BTreeMap<String, Storm>>>);

impl Storms {
    /// No storm, until one breaks.
    pub(super) fn over(api: &Api) -> Self {
        let storms = Self::default();
        let all = storms.clone();
        api.stack.stripe().set_trouble(Some(Arc::new(move |asked| all.met(asked))));
        storms
    }

    /// From now on the calls with `key` meet what `seed` says.
    pub(super) fn break_over(&self, key: &str, seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let mut kinds = kinds();
        rng.shuffle(&mut kinds);
        kinds.truncate(rng.usize(3..=kinds.len()));
        let per_mille = *rng.choice(&[0, 30, 80, 150]).unwrap();
        self.all().insert(key.to_owned(), Storm { rng, kinds, per_mille, struck: 0 });
    }

    /// From now on they meet nothing; how often they met something.
    pub(super) fn clear(&self, key: &str) -> u64 {
        self.all().remove(key).map_or(0, |storm| storm.struck)
    }

    fn met(&self, asked: &Asked) -> Option<Trouble> {
        let mut all = self.all();
        let storm = all.get_mut(&asked.key)?;
        if storm.rng.u32(0..1_000) >= storm.per_mille {
            return None;
        }
        storm.struck += 1;
        storm.rng.choice(&storm.kinds).cloned()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Storm>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
