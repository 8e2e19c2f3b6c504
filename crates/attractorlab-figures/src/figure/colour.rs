//! Colours: the Okabe–Ito palette for categories, two perceptually ordered maps for fields.

use serde::Serialize;

/// A colour with a name. Categories are those of Okabe and Ito, which colour-blind readers can tell
/// apart; black and grey are for theory and for the neutral.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Ink: theory, stable fixed points.
    #[default]
    Black,
    /// The neutral: guides, bulks.
    Grey,
    /// First category; trajectories.
    Blue,
    /// Second category; saddles, what is unstable.
    Vermillion,
    /// Third category.
    Green,
    /// Fourth category.
    Orange,
    /// Fifth category.
    Purple,
    /// Sixth category.
    SkyBlue,
    /// Pale: bands that lie under lines. No category, since it is too light for a line of its own.
    Yellow,
}

impl Colour {
    /// The six categories in the order in which they should be used.
    pub const CATEGORIES: [Self; 6] =
        [Self::Blue, Self::Vermillion, Self::Green, Self::Orange, Self::Purple, Self::SkyBlue];

    /// The colour of category `index`. There are six; later ones start again, and should then differ in
    /// marker or line style.
    pub fn category(index: usize) -> Self {
        Self::CATEGORIES[index % Self::CATEGORIES.len()]
    }

    /// The colour as `#rrggbb`.
    pub fn hex(self) -> &'static str {
        match self {
            Self::Black => "#1a1a1a",
            Self::Grey => "#7f7f7f",
            Self::Blue => "#0072b2",
            Self::Vermillion => "#d55e00",
            Self::Green => "#009e73",
            Self::Orange => "#e69f00",
            Self::Purple => "#cc79a7",
            Self::SkyBlue => "#56b4e9",
            Self::Yellow => "#f0e442",
        }
    }
}

/// How the values of a field become colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "map")]
pub enum ColourMap {
    /// Dark blue over green to yellow, for quantities without a special value.
    #[default]
    Viridis,
    /// Blue over white to red, white at `centre` (a boundary such as λ = 1). The range is made
    /// symmetric about the centre.
    Diverging {
        /// The value that is white.
        centre: f64,
    },
}

/// Viridis at 17 equally spaced values.
const VIRIDIS: [[u8; 3]; 17] = [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 130, 142],
    [33, 145, 140],
    [31, 160, 136],
    [40, 174, 128],
    [63, 188, 115],
    [94, 201, 98],
    [132, 212, 75],
    [173, 220, 48],
    [216, 226, 25],
    [253, 231, 37],
];

/// The diverging map RdBu of ColorBrewer, reversed, at 11 equally spaced values.
const BLUE_RED: [[u8; 3]; 11] = [
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [247, 247, 247],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

impl ColourMap {
    /// The colour of `fraction`, which is clamped to 0..1.
    pub(crate) fn rgb(self, fraction: f64) -> [u8; 3] {
        let stops: &[[u8; 3]] = match self {
            Self::Viridis => &VIRIDIS,
            Self::Diverging { .. } => &BLUE_RED,
        };
        let position = fraction.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (position.floor() as usize).min(stops.len() - 2);
        let weight = position - below as f64;
        std::array::from_fn(|channel| {
            let (low, high) = (f64::from(stops[below][channel]), f64::from(stops[below + 1][channel]));
            (low + weight * (high - low)).round() as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_meet_their_ends_and_their_centre() {
        assert_eq!(ColourMap::Viridis.rgb(0.0), [68, 1, 84]);
        assert_eq!(ColourMap::Viridis.rgb(1.0), [253, 231, 37]);
        assert_eq!(ColourMap::Viridis.rgb(7.0), [253, 231, 37]);
        assert_eq!(ColourMap::Diverging { centre: 1.0 }.rgb(0.5), [247, 247, 247]);
    }

    #[test]
    fn viridis_grows_lighter_all_the_way() {
        let lightness = |f: f64| {
            let [r, g, b] = ColourMap::Viridis.rgb(f).map(f64::from);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let values: Vec<f64> = (0..=200).map(|i| lightness(f64::from(i) / 200.0)).collect();
        assert!(values.windows(2).all(|pair| pair[1] > pair[0] - 1.0));
    }
}
