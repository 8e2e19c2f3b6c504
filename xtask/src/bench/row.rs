//! What the two sides say: the registered rows, and a measurement.

use std::collections::BTreeMap;

use serde_json::Value;

/// A peer: a script in `bench/peers`.
pub(super) struct Peer {
    pub(super) script: String,
    pub(super) what: String,
    /// How many times our time it should take at least.
    pub(super) bar: Option<Bar>,
    /// How far its answers may lie from ours, where that differs from the row's.
    pub(super) tolerance: Option<f64>,
}

/// A ratio to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    pub(super) ratio: f64,
    /// Whether both sides have all cores, or one thread.
    pub(super) all_cores: bool,
}

impl Bar {
    fn parse(bar: &Value) -> Option<Self> {
        Some(Self { ratio: bar["ratio"].as_f64()?, all_cores: bar["all cores"].as_bool()? })
    }
}

impl Peer {
    /// Whether it runs with `--with-torch` only, by its name.
    pub(super) fn needs_torch(&self) -> bool {
        self.script.ends_with("_torch.py")
    }
}

/// One registered benchmark.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) what: String,
    /// How far a peer's answers may lie from ours.
    pub(super) tolerance: f64,
    /// A sentence on what bounds it; `{}` is where that share of our time goes.
    pub(super) limit: Option<String>,
    /// The share of our time that the limit should take at least.
    pub(super) least_share: Option<f64>,
    pub(super) peers: Vec<Peer>,
    /// Whether its instructions are counted as a guard.
    pub(super) guarded: bool,
}

impl Row {
    pub(super) fn parse(json: &str) -> Result<Vec<Self>, String> {
        let value: Value = serde_json::from_str(json).map_err(|error| format!("{error} in: {json}"))?;
        let row = |row: &Value| {
            Some(Self {
                name: row["name"].as_str()?.to_owned(),
                what: row["what"].as_str()?.to_owned(),
                tolerance: row["tolerance"].as_f64()?,
                guarded: row["guarded"].as_bool()?,
                limit: row["limit"].as_str().map(str::to_owned),
                least_share: row["least share"].as_f64(),
                peers: row["peers"]
                    .as_array()?
                    .iter()
                    .map(|peer| {
                        Some(Peer {
                            script: peer["script"].as_str()?.to_owned(),
                            what: peer["what"].as_str()?.to_owned(),
                            bar: Bar::parse(&peer["bar"]),
                            tolerance: peer["tolerance"].as_f64(),
                        })
                    })
                    .collect::<Option<_>>()?,
            })
        };
        let rows = value.as_array().and_then(|rows| rows.iter().map(row).collect::<Option<Vec<_>>>());
        rows.ok_or_else(|| format!("the list of benchmarks is not understood: {json}"))
    }
}

/// One run of one side.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) seconds: f64,
    /// The time that the row's limit takes, as a share of `seconds`; ours alone.
    pub(super) share: Option<f64>,
    /// Numbers by which the two sides show that they did the same work.
    pub(super) checks: BTreeMap<String, f64>,
}

impl Measured {
    pub(super) fn parse(json: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(json).map_err(|error| format!("{error} in: {json}"))?;
        let seconds = value["seconds"].as_f64();
        let checks = value["checks"].as_object();
        let (Some(seconds), Some(checks)) = (seconds, checks) else {
            return Err(format!("a measurement needs seconds and checks: {json}"));
        };
        // A check that is no number agrees with nothing.
        let checks =
            checks.iter().map(|(name, value)| (name.clone(), value.as_f64().unwrap_or(f64::NAN))).collect();
        Ok(Self { seconds, share: value["share of the limit"].as_f64(), checks })
    }

    /// The largest difference between the checks of both; NaN if one side lacks a check.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        if self.checks.keys().ne(other.checks.keys()) {
            return f64::NAN;
        }
        let distances = self.checks.values().zip(other.checks.values()).map(|(a, b)| (a - b).abs());
        // `f64::max` would drop a NaN.
        distances.fold(
            0.0,
            |largest, distance| if distance > largest || distance.is_nan() { distance } else { largest },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_and_a_measurement_are_read() {
        let rows = Row::parse(
            r#"[{"name": "a", "what": "b", "guarded": true, "tolerance": 1e-3, "peers":
                [{"script": "c.py", "what": "d"},
                 {"script": "e.py", "what": "f", "tolerance": 0.5, "bar": {"ratio": 2, "all cores": true}}]}]"#,
        )
        .unwrap();
        assert_eq!((rows[0].peers[0].bar, rows[0].peers[0].tolerance), (None, None));
        assert_eq!(rows[0].peers[1].bar, Some(Bar { ratio: 2.0, all_cores: true }));
        assert_eq!(rows[0].peers[1].tolerance, Some(0.5));
        assert_eq!((rows[0].name.as_str(), rows[0].peers[0].script.as_str()), ("a", "c.py"));
        assert_eq!(rows[0].limit, None);
        assert!(Row::parse(r#"[{"name": "a"}]"#).is_err());
        assert!(Measured::parse(r#"{"seconds": 1.5}"#).is_err());
    }

    #[test]
    fn answers_are_compared_one_by_one() {
        let measured =
            |checks: &str| Measured::parse(&format!(r#"{{"seconds": 1, "checks": {checks}}}"#)).unwrap();
        let ours = measured(r#"{"roots": 3, "outlier": 0.25}"#);
        assert_eq!(ours.distance(&measured(r#"{"roots": 3, "outlier": 0.5}"#)), 0.25);
        assert!(ours.distance(&measured(r#"{"roots": 3}"#)).is_nan());
        assert!(ours.distance(&measured(r#"{"roots": 3, "outlier": null}"#)).is_nan());
    }
}
