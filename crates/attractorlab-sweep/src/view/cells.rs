//! A measure, put together over seeds.

use crate::{Folder, Kind, Plan, SweepError, Value, read};

/// Mean and spread of a measure at one setting of all axes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    /// The mean; not a number where there is no value.
    pub(super) fn mean(&self) -> f64 {
        if self.count > 0.0 { self.mean } else { f64::NAN }
    }

    /// Half the length of the 95 % interval of the mean, by Student's t; zero for a single value.
    pub(super) fn half_interval(&self) -> f64 {
        if self.count < 2.0 {
            return 0.0;
        }
        let freedom = self.count - 1.0;
        student(freedom) * (self.squares / freedom / self.count).sqrt()
    }
}

/// The 97.5 % quantile of Student's t: exact for one and two degrees of freedom, and to 1 % above.
fn student(freedom: f64) -> f64 {
    let z = 1.959_963_985_f64;
    if freedom < 1.5 {
        12.706
    } else if freedom < 2.5 {
        4.303
    } else {
        // Cornish and Fisher's expansion in 1/ν.
        let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
        z + (z3 + z) / (4.0 * freedom)
            + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom.powi(2))
            + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom.powi(3))
    }
}

/// A measure at every setting of all axes.
pub(super) enum Gathered {
    /// Numbers.
    Numbers(Vec<Moments>),
    /// Words in the order of their first appearance, and how often each stands at each setting.
    Words { names: Vec<String>, counts: Vec<Vec<u32>> },
}

/// Reads one measure; failed points are left out.
pub(super) fn gather(folder: &Folder, plan: &Plan, measure: &str) -> Result<Gathered, SweepError> {
    let seeds = plan.seeds().len() as u64;
    let cells = (plan.points() / seeds) as usize;
    let is_text = plan.measures().iter().any(|known| known.name == measure && known.kind == Kind::Text);
    if is_text {
        let mut names: Vec<String> = Vec::new();
        let mut counts: Vec<Vec<u32>> = vec![Vec::new(); cells];
        read(folder, plan, &[measure], |point, values| {
            let Some(Value::Text(word)) = &values[0] else { return };
            let index = names.iter().position(|name| **name == **word).unwrap_or_else(|| {
                names.push(word.to_string());
                names.len() - 1
            });
            let counts = &mut counts[(point / seeds) as usize];
            counts.resize(counts.len().max(index + 1), 0);
            counts[index] += 1;
        })?;
        return Ok(Gathered::Words { names, counts });
    }
    let mut moments = vec![Moments::default(); cells];
    read(folder, plan, &[measure], |point, values| {
        let value = match &values[0] {
            Some(Value::Truth(truth)) => Some(f64::from(u8::from(*truth))),
            Some(value) => value.as_number(),
            None => None,
        };
        if let Some(value) = value.filter(|value| value.is_finite()) {
            moments[(point / seeds) as usize].add(value);
        }
    })?;
    Ok(Gathered::Numbers(moments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        for (freedom, wanted) in
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (5.0, 2.571), (19.0, 2.093), (1e6, 1.960)]
        {
            assert!((student(freedom) / wanted - 1.0).abs() < 0.01, "{freedom}: {}", student(freedom));
        }
        let mut moments = Moments::default();
        for value in [1.0, 2.0, 3.0] {
            moments.add(value);
        }
        assert_eq!(moments.mean(), 2.0);
        assert!((moments.half_interval() - 4.303 / 3.0_f64.sqrt()).abs() < 1e-12);
    }
}
