//! Fixed random weights from pixels to units.

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::LeftFactor;
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::Images;
use crate::dynamics::Columns;

/// Columns that one thread projects at once.
const BLOCK: usize = 64;

/// Input weights Wx, N×P, that turn images s into inputs x = Wx s; pixels are scaled to [0, `scale`].
pub struct Projection<T: Real> {
    units: usize,
    pixels: usize,
    scale: f64,
    weights: LeftFactor<T>,
}

impl<T: Real> Projection<T> {
    /// Weights N(0, 1/P) from the stream (seed, "images: input weights", 0), for pixels scaled to [0, scale].
    pub fn draw(units: usize, pixels: usize, scale: f64, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "images: input weights", 0);
        let sd = 1.0 / (pixels as f64).sqrt();
        let values: Vec<T> = (0..units * pixels).map(|_| T::from_f64(sd * stream.normal())).collect();
        let weights = LeftFactor::new(units, pixels, BLOCK, |i, p| values[p * units + i]);
        Self { units, pixels, scale, weights }
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The inputs x of some images, one a column.
    ///
    /// # Panics
    /// If the images have another number of pixels, or one does not exist.
    #[track_caller]
    pub fn inputs(&self, images: &Images, which: &[usize]) -> Columns<T> {
        assert_eq!(images.pixels_per_image(), self.pixels, "projection: made for another size of images");
        let factor = self.scale / f64::from(images.white());
        let table: Vec<T> = (0..=255).map(|byte| T::from_f64(factor * f64::from(byte))).collect();
        let mut out = Columns::zeros(self.units, which.len());
        out.values_mut().par_chunks_mut(self.units * BLOCK).zip(which.par_chunks(BLOCK)).for_each(
            |(out, which)| {
                let pixels: Vec<T> = which
                    .iter()
                    .flat_map(|&image| images.pixels(image).iter().map(|byte| table[usize::from(*byte)]))
                    .collect();
                self.weights.multiply(&pixels, out, which.len(), &mut Vec::new());
            },
        );
        out
    }
}
