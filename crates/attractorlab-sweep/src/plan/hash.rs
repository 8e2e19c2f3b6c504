//! Names of plans and points that do not depend on how they are written.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Plan;
use crate::{Parameter, Runnable, Seed, Value};

/// The name of a point: 128 bits of a hash of runnable, version, parameters and seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) [u8; 16]);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Key {
    /// The key as the 32 hexadecimal digits that stand in the table.
    pub(crate) fn hex(self) -> Vec<u8> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.0
            .iter()
            .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
            .collect()
    }
}

/// Adds a name with its length, so that no two lists of names give the same bytes.
fn name(out: &mut Vec<u8>, name: &str) {
    out.extend((name.len() as u64).to_le_bytes());
    out.extend(name.as_bytes());
}

fn first_half(hash: Sha256) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}

pub(super) fn key(runnable: &dyn Runnable, parameters: &[Parameter], values: &[Value], seed: Seed) -> Key {
    let mut bytes = Vec::with_capacity(512);
    name(&mut bytes, runnable.name());
    bytes.extend(runnable.version().to_le_bytes());
    for (parameter, value) in parameters.iter().zip(values) {
        name(&mut bytes, &parameter.name);
        value.canonical(&mut bytes);
    }
    bytes.extend(seed.0.to_le_bytes());
    let mut hash = Sha256::new();
    hash.update(&bytes);
    Key(first_half(hash))
}

pub(super) fn plan_hash(plan: &Plan) -> String {
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    name(&mut bytes, plan.runnable.name());
    bytes.extend(plan.runnable.version().to_le_bytes());
    let moved = |index: usize| plan.groups.iter().any(|group| group.parameters.contains(&index));
    for (index, parameter) in plan.parameters.iter().enumerate() {
        name(&mut bytes, &parameter.name);
        if !moved(index) {
            plan.base[index].canonical(&mut bytes);
        }
    }
    for group in &plan.groups {
        bytes.extend(b"group");
        for (parameter, column) in group.parameters.iter().zip(&group.values) {
            name(&mut bytes, &plan.parameters[*parameter].name);
            bytes.extend((column.len() as u64).to_le_bytes());
            for value in column {
                value.canonical(&mut bytes);
            }
            hash.update(&bytes);
            bytes.clear();
        }
    }
    bytes.extend(b"seeds");
    plan.seeds.iter().for_each(|seed| bytes.extend(seed.to_le_bytes()));
    bytes.extend(b"measures");
    plan.measures.iter().for_each(|measure| name(&mut bytes, &measure.name));
    bytes.extend(b"arrays");
    plan.arrays.iter().for_each(|array| name(&mut bytes, array));
    name(&mut bytes, plan.array_format.name());
    hash.update(&bytes);
    Key(first_half(hash)).to_string()
}
