//! Products of x, Φ, φ and its derivatives: what is averaged.

use std::fmt;
use std::ops::Mul;

use super::AverageError;
use crate::transfer::Jet;

/// A product xᵃ Φᵇ φᶜ φ'ᵈ φ''ᵉ φ'''ᶠ, written by multiplying the constants.
///
/// ```
/// use attractorlab_numerics::gaussian::Product;
/// let product = Product::VALUE * Product::SECOND;
/// assert_eq!(product.to_string(), "φφ''");
/// assert_eq!("x*phi*phi'".parse(), Ok(Product::X * Product::VALUE * Product::FIRST));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Product {
    /// Exponent of x.
    pub x: u8,
    /// Exponent of the primitive Φ.
    pub primitive: u8,
    /// Exponent of φ.
    pub value: u8,
    /// Exponent of φ'.
    pub first: u8,
    /// Exponent of φ''.
    pub second: u8,
    /// Exponent of φ'''.
    pub third: u8,
}

impl Product {
    /// The empty product, 1.
    pub const ONE: Self = Self { x: 0, primitive: 0, value: 0, first: 0, second: 0, third: 0 };
    /// x.
    pub const X: Self = Self { x: 1, ..Self::ONE };
    /// Φ, the primitive of φ with Φ(0) = 0.
    pub const PRIMITIVE: Self = Self { primitive: 1, ..Self::ONE };
    /// φ.
    pub const VALUE: Self = Self { value: 1, ..Self::ONE };
    /// φ'.
    pub const FIRST: Self = Self { first: 1, ..Self::ONE };
    /// φ''.
    pub const SECOND: Self = Self { second: 1, ..Self::ONE };
    /// φ'''.
    pub const THIRD: Self = Self { third: 1, ..Self::ONE };

    /// Value of the product where x and the factors are known.
    #[inline]
    pub fn evaluate(self, x: f64, jet: &Jet) -> f64 {
        let power = |base: f64, exponent: u8| match exponent {
            0 => 1.0,
            1 => base,
            2 => base * base,
            n => base.powi(i32::from(n)),
        };
        power(x, self.x)
            * power(jet.primitive, self.primitive)
            * power(jet.value, self.value)
            * power(jet.first, self.first)
            * power(jet.second, self.second)
            * power(jet.third, self.third)
    }

    /// Number of factors.
    fn degree(self) -> u8 {
        [self.x, self.primitive, self.value, self.first, self.second, self.third]
            .iter()
            .fold(0, |sum: u8, n| sum.saturating_add(*n))
    }

    /// Averages are built for eight factors.
    pub(super) fn check(self) -> Result<(), AverageError> {
        if self.degree() <= MOST { Ok(()) } else { Err(AverageError::Degree { product: self }) }
    }

    /// Number of factors that are derivatives of φ.
    pub(crate) fn derivatives(self) -> u8 {
        self.first + self.second + self.third
    }
}

impl Mul for Product {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            x: self.x.saturating_add(other.x),
            primitive: self.primitive.saturating_add(other.primitive),
            value: self.value.saturating_add(other.value),
            first: self.first.saturating_add(other.first),
            second: self.second.saturating_add(other.second),
            third: self.third.saturating_add(other.third),
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ONE {
            return f.write_str("1");
        }
        let factors = [
            ("x", self.x),
            ("Φ", self.primitive),
            ("φ", self.value),
            ("φ'", self.first),
            ("φ''", self.second),
            ("φ'''", self.third),
        ];
        for (name, exponent) in factors {
            match exponent {
                0 => {}
                1 => f.write_str(name)?,
                n if name.ends_with('\'') => write!(f, "({name})^{n}")?,
                n => write!(f, "{name}^{n}")?,
            }
        }
        Ok(())
    }
}

/// Factors that a product may have.
const MOST: u8 = 8;

/// A text that is not a product of the known factors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{factor}` in `{text}` is not a factor, or there are more than eight; write products like `phi*phi''`, with the factors x, Phi, phi, phi', phi'', phi''' and powers like phi^2"
)]
pub struct ParseProductError {
    /// The whole text.
    pub text: String,
    /// The factor that was not understood.
    pub factor: String,
}

impl std::str::FromStr for Product {
    type Err = ParseProductError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut product = Self::ONE;
        for part in text.split('*') {
            let part = part.trim();
            let error = || ParseProductError { text: text.to_owned(), factor: part.to_owned() };
            let (name, exponent) = match part.split_once('^') {
                Some((name, exponent)) => (name.trim(), exponent.trim().parse::<u8>().map_err(|_| error())?),
                None => (part, 1),
            };
            let name = name.trim_start_matches('(').trim_end_matches(')');
            let factor = match name {
                "1" => Self::ONE,
                "x" => Self::X,
                "Phi" | "Φ" => Self::PRIMITIVE,
                "phi" | "φ" => Self::VALUE,
                "phi'" | "φ'" => Self::FIRST,
                "phi''" | "φ''" => Self::SECOND,
                "phi'''" | "φ'''" => Self::THIRD,
                _ => return Err(error()),
            };
            for _ in 0..exponent.min(MOST + 1) {
                product = product * factor;
            }
            // More is beyond anything the averages are built for.
            if product.degree() > MOST {
                return Err(error());
            }
        }
        Ok(product)
    }
}
