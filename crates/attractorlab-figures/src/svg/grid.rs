//! Cells of a field along one axis.

use super::scale::{Interval, ruler};
use crate::figure::Scale;

/// Edges of cells on the ruler, ascending.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    edges: Vec<f64>,
    /// The data ran downwards.
    reversed: bool,
}

impl Grid {
    /// Reads coordinates as edges (one more than cells) or as centres. `None` if they cannot be shown:
    /// too few of them, not finite on the ruler, or not monotone.
    pub(super) fn new(coordinates: &[f64], cells: usize, scale: Scale) -> Option<Self> {
        let at: Vec<f64> = coordinates.iter().map(|&c| ruler(scale, c)).collect::<Option<_>>()?;
        let mut edges = if cells > 0 && at.len() == cells + 1 {
            at
        } else {
            let centres = at.get(..cells.min(at.len()))?;
            let (first, last) = (centres.first()?, centres.last()?);
            let half = |pair: &[f64]| 0.5 * (pair[1] - pair[0]);
            let begin = centres.get(..2).map_or(0.5, half);
            let end =
                centres.get(centres.len().saturating_sub(2)..).filter(|c| c.len() == 2).map_or(0.5, half);
            let between = centres.windows(2).map(|pair| 0.5 * pair[0] + 0.5 * pair[1]);
            std::iter::once(first - begin).chain(between).chain(std::iter::once(last + end)).collect()
        };
        let reversed = edges.first()? > edges.last()?;
        if reversed {
            edges.reverse();
        }
        edges.windows(2).all(|pair| pair[0] < pair[1]).then_some(Self { edges, reversed })
    }

    pub(super) fn cells(&self) -> usize {
        self.edges.len() - 1
    }

    pub(super) fn interval(&self) -> Interval {
        Interval { low: self.edges[0], high: self.edges[self.cells()] }
    }

    /// Index of the data in cell `cell`, counted upwards along the axis.
    pub(super) fn index(&self, cell: usize) -> usize {
        if self.reversed { self.cells() - 1 - cell } else { cell }
    }

    /// Lower and upper edge of a cell.
    pub(super) fn cell(&self, cell: usize) -> (f64, f64) {
        (self.edges[cell], self.edges[cell + 1])
    }

    /// Index of the data at a point of the ruler.
    pub(super) fn find(&self, at: f64) -> Option<usize> {
        if !(at >= self.edges[0] && at <= self.edges[self.cells()]) {
            return None;
        }
        let above = self.edges.partition_point(|edge| *edge <= at);
        Some(self.index(above.saturating_sub(1).min(self.cells() - 1)))
    }

    /// Whether all cells have one width.
    pub(super) fn is_uniform(&self) -> bool {
        let width = self.interval().length() / self.cells() as f64;
        self.edges.windows(2).all(|pair| (pair[1] - pair[0] - width).abs() <= 1e-6 * width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_and_edges_are_told_apart() {
        let centres = Grid::new(&[0.0, 1.0, 3.0], 3, Scale::Linear).unwrap();
        assert_eq!(centres.edges, [-0.5, 0.5, 2.0, 4.0]);
        assert!(!centres.is_uniform());
        let edges = Grid::new(&[0.0, 1.0, 2.0], 2, Scale::Linear).unwrap();
        assert_eq!(edges.edges, [0.0, 1.0, 2.0]);
        assert_eq!((edges.find(0.5), edges.find(2.0), edges.find(2.1)), (Some(0), Some(1), None));
        assert_eq!(Grid::new(&[5.0], 1, Scale::Linear).unwrap().edges, [4.5, 5.5]);
    }

    #[test]
    fn descending_data_are_found_where_they_belong() {
        let grid = Grid::new(&[2.0, 1.0, 0.0], 3, Scale::Linear).unwrap();
        assert_eq!((grid.find(0.0), grid.find(2.0)), (Some(2), Some(0)));
    }

    #[test]
    fn useless_coordinates_are_refused() {
        assert!(Grid::new(&[], 0, Scale::Linear).is_none());
        assert!(Grid::new(&[0.0, f64::NAN], 2, Scale::Linear).is_none());
        assert!(Grid::new(&[0.0, 2.0, 1.0], 3, Scale::Linear).is_none());
        assert!(Grid::new(&[0.0, 1.0], 2, Scale::Log10).is_none());
        assert!(Grid::new(&[1.0], 0, Scale::Linear).is_none());
    }
}
