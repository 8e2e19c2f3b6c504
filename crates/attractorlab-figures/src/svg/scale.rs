//! From values to positions on the page.

use crate::figure::{Axis, Scale};

/// Values beyond this are drawn as this; their differences stay finite.
const LARGEST: f64 = 1e300;

/// The value on the axis' own ruler: itself or its logarithm. `None` if it cannot be shown.
pub(super) fn ruler(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        _ if !value.is_finite() => None,
        Scale::Linear => Some(value.clamp(-LARGEST, LARGEST)),
        Scale::Log10 if value > 0.0 => Some(value.log10()),
        Scale::Log10 => None,
    }
}

/// An interval on a ruler; empty at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Interval {
    pub(super) const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    pub(super) fn is_empty(&self) -> bool {
        self.low > self.high
    }

    pub(super) fn length(&self) -> f64 {
        self.high - self.low
    }

    pub(super) fn include(&mut self, at: f64) {
        self.low = self.low.min(at);
        self.high = self.high.max(at);
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        other.is_empty() || (self.low <= other.low && other.high <= self.high)
    }

    pub(super) fn padded(self, share: f64) -> Self {
        let pad = share * self.length();
        Self { low: self.low - pad, high: self.high + pad }
    }

    /// An interval with a length that arithmetic can resolve, whatever the data were.
    pub(super) fn regular(self, scale: Scale) -> Self {
        if self.is_empty() {
            return Self { low: 0.0, high: 1.0 };
        }
        let magnitude = self.low.abs().max(self.high.abs());
        if self.length() > magnitude * 1e-11 && self.length() > 1e-300 {
            return self;
        }
        let centre = 0.5 * self.low + 0.5 * self.high;
        let half = match scale {
            Scale::Log10 => 0.5,
            Scale::Linear if magnitude < 1e-290 => 1.0,
            Scale::Linear => 0.1 * magnitude,
        };
        Self { low: centre - half, high: centre + half }
    }

    /// Grows the interval about its centre.
    pub(super) fn stretched(self, factor: f64) -> Self {
        self.padded(0.5 * (factor - 1.0))
    }
}

/// The range an axis asks for, on its ruler, if it can be shown.
pub(super) fn wanted(axis: &Axis) -> Option<Interval> {
    let (first, last) = axis.range?;
    let (first, last) = (ruler(axis.scale, first)?, ruler(axis.scale, last)?);
    let interval = Interval { low: first.min(last), high: first.max(last) };
    (interval.length() > 0.0).then(|| interval.regular(axis.scale))
}

/// One axis placed on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping {
    pub(super) scale: Scale,
    pub(super) range: Interval,
    /// Position of the lower end.
    pub(super) start: f64,
    /// Position of the upper end.
    pub(super) end: f64,
}

impl Mapping {
    /// The position of a point of the ruler; far outside the page it is only roughly right.
    pub(super) fn place(&self, at: f64) -> f64 {
        let fraction = (at - self.range.low) / self.range.length();
        (self.start + fraction * (self.end - self.start)).clamp(-1e7, 1e7)
    }

    /// The position of a value, if it has one.
    pub(super) fn value(&self, value: f64) -> Option<f64> {
        ruler(self.scale, value).map(|at| self.place(at)).filter(|p| p.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate_intervals_become_regular() {
        for value in [0.0, 1.0, -1e300, 1e-310, 3e7] {
            let interval = Interval { low: value, high: value }.regular(Scale::Linear);
            assert!(interval.low < value && value < interval.high, "{value}: {interval:?}");
        }
        assert_eq!(Interval::EMPTY.regular(Scale::Linear), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn ranges_that_cannot_be_shown_are_refused() {
        assert!(wanted(&Axis::log10("").range(0.0, 1.0)).is_none());
        assert!(wanted(&Axis::new("").range(1.0, 1.0)).is_none());
        assert!(wanted(&Axis::new("").range(f64::NAN, 1.0)).is_none());
        assert_eq!(wanted(&Axis::log10("").range(100.0, 1.0)), Some(Interval { low: 0.0, high: 2.0 }));
    }
}
