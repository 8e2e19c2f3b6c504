//! Averages of erf's products: a power of φ' is a Gaussian and tilts the law.

use std::sync::Arc;

use super::Product;
use super::polynomial::multiply;
use super::trapezoid::Trapezoid;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// φ'ᵏ · Σᵢ cᵢ xⁱ Φᵇ φᵐ, since φ'' = −xφ' and φ''' = (x² − 1)φ'.
#[derive(Debug, Clone)]
pub(super) struct ErfProduct {
    gaussians: f64,
    coefficients: Vec<f64>,
    rest: Arc<Trapezoid>,
}

impl ErfProduct {
    pub(super) fn new(product: Product) -> Self {
        let mut polynomial = vec![1.0];
        for _ in 0..product.x + product.second {
            polynomial = multiply(&polynomial, &[0.0, 1.0]);
        }
        for _ in 0..product.third {
            polynomial = multiply(&polynomial, &[-1.0, 0.0, 1.0]);
        }
        if product.second % 2 == 1 {
            for c in &mut polynomial {
                *c = -*c;
            }
        }
        let powers: Vec<usize> = (0..polynomial.len()).filter(|&i| polynomial[i] != 0.0).collect();
        let columns: Vec<Product> = powers
            .iter()
            .map(|&i| Product {
                x: i as u8,
                primitive: product.primitive,
                value: product.value,
                ..Product::ONE
            })
            .collect();
        Self {
            gaussians: f64::from(product.derivatives()),
            coefficients: powers.iter().map(|&i| polynomial[i]).collect(),
            rest: Trapezoid::shared(Transfer::Erf, &columns),
        }
    }

    pub(super) fn average(&self, mean: f64, sd: f64) -> f64 {
        let k = self.gaussians;
        let shrink = 1.0 / (1.0 + k * sd * sd);
        // φ'ᵏ = (2/π)^(k/2) exp(−kx²/2)
        let weight = (2.0 * INV_SQRT_2PI).powf(k) * shrink.sqrt() * (-0.5 * k * mean * mean * shrink).exp();
        if weight == 0.0 {
            return 0.0;
        }
        let mut values = [0.0; 24];
        let values = &mut values[..self.coefficients.len()];
        self.rest.averages(mean * shrink, sd * shrink.sqrt(), values);
        weight * self.coefficients.iter().zip(values).map(|(c, v)| c * *v).sum::<f64>()
    }
}
