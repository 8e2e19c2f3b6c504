//! Which points are whose.

use std::fmt;
use std::str::FromStr;

use crate::SweepError;

/// The share of one of several processes: of every `of` points in a row, the `index`-th, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    of: u64,
}

impl Shard {
    /// All points.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Share `index`, from 1 to `of`.
    ///
    /// # Errors
    /// [`SweepError::Shard`] if there is no such share.
    pub fn new(index: u64, of: u64) -> Result<Self, SweepError> {
        if index >= 1 && index <= of {
            Ok(Self { index, of })
        } else {
            Err(SweepError::Shard { given: format!("{index}/{of}") })
        }
    }

    /// Whether the share is everything.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Whether a point belongs to the share.
    pub fn contains(self, point: u64) -> bool {
        point % self.of == self.index - 1
    }

    /// The name in the names of parts.
    pub(crate) fn label(self) -> String {
        format!("{}of{}", self.index, self.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = SweepError;

    fn from_str(given: &str) -> Result<Self, SweepError> {
        let wrong = || SweepError::Shard { given: given.to_owned() };
        let (index, of) = given.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse().map_err(|_| wrong());
        Self::new(number(index)?, number(of)?).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_belongs_to_one_share() {
        let shards: Vec<Shard> = (1..=3).map(|index| Shard::new(index, 3).unwrap()).collect();
        for point in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.contains(point)).count(), 1);
        }
        for wrong in ["0/3", "4/3", "1", "a/b", "-1/2", "1/0", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        assert_eq!("2/8".parse::<Shard>().unwrap().to_string(), "2/8");
    }
}
