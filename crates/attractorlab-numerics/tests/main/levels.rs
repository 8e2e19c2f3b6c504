//! Tests on every instruction set of this machine.

use std::sync::RwLock;

use attractorlab_numerics::kernels::{self, Level, select_level};

/// Tests that switch the level hold this for writing, the others for reading.
pub(crate) static LEVEL: RwLock<()> = RwLock::new(());

/// Runs `test` on every available level, alone, and restores the level.
pub(crate) fn on_every_level(mut test: impl FnMut(Level)) {
    let _guard = LEVEL.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = kernels::level().expect("the tests force no level");
    for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
        select_level(level).expect("available");
        test(level);
    }
    select_level(before).expect("available");
}
