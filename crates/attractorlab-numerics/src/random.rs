//! Random streams by name.
//!
//! A seed is a tree: `(seed, purpose, replicate)` names a stream, and the stream's draws depend on
//! nothing else, neither on the number of threads nor on the order of work.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// A named stream of random numbers (ChaCha with 8 rounds).
///
/// ```
/// use attractorlab_numerics::random::Stream;
/// let mut a = Stream::new(7, "bulk", 0);
/// let mut b = Stream::new(7, "bulk", 0);
/// assert_eq!(a.normal().to_bits(), b.normal().to_bits());
/// assert_ne!(a.normal(), Stream::new(7, "bulk", 1).normal());
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// Opens the stream of `replicate` for `purpose` under `seed`.
    pub fn new(seed: u64, purpose: &str, replicate: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        // Two 64-bit FNV-1a hashes with different offsets name the purpose; `replicate` is kept whole.
        for (part, offset) in [(8, 0xcbf2_9ce4_8422_2325_u64), (16, 0x6c62_272e_07bb_0142)] {
            let hash = purpose
                .bytes()
                .fold(offset, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
            key[part..part + 8].copy_from_slice(&hash.to_le_bytes());
        }
        key[24..].copy_from_slice(&replicate.to_le_bytes());
        Self { generator: ChaCha8Rng::from_seed(key) }
    }

    /// A standard normal draw.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.generator)
    }

    /// A draw uniform on [0, 1).
    pub fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.generator)
    }

    /// Fills `out` with standard normal draws.
    pub fn fill_normal(&mut self, out: &mut [f64]) {
        for value in out {
            *value = self.normal();
        }
    }

    /// `count` standard normal draws.
    pub fn normals(&mut self, count: usize) -> Vec<f64> {
        let mut out = vec![0.0; count];
        self.fill_normal(&mut out);
        out
    }

    /// Permutes the values at random, every order with the same chance.
    ///
    /// ```
    /// use attractorlab_numerics::random::Stream;
    /// let mut order: Vec<usize> = (0..5).collect();
    /// Stream::new(1, "order", 0).shuffle(&mut order);
    /// order.sort_unstable();
    /// assert_eq!(order, [0, 1, 2, 3, 4]);
    /// ```
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        // Fisher–Yates.
        for last in (1..values.len()).rev() {
            let other = (self.uniform() * (last + 1) as f64) as usize;
            values.swap(last, other.min(last));
        }
    }

    /// A random order of 0, …, `count` − 1.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }

    /// The generator itself, for distributions of other crates.
    pub fn generator(&mut self) -> &mut impl Rng {
        &mut self.generator
    }
}
