//! Things to sweep, and folders that vanish.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attractorlab_sweep::{
    Domain, Folder, Kind, Measure, Measures, Parameter, Parameters, Plan, Registry, RunError, RunOptions,
    Runnable, Seed, Silent, Stop, Value, read, run,
};

/// Draws a number; fails where it is told to.
pub(crate) struct Draw {
    pub(crate) version: u32,
}

impl Runnable for Draw {
    fn name(&self) -> &'static str {
        "test.draw"
    }

    fn about(&self) -> &'static str {
        "A normal number"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn is_random(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new("x", Domain::number(), "mean"),
            Parameter::new("count", Domain::whole(1, 1000), "number of draws").default(1),
            Parameter::new("mode", Domain::choice(["fine", "fails", "panics"]), "what happens")
                .default("fine"),
            Parameter::new("sleep", Domain::at_least(0.0), "milliseconds it takes").default(0.0),
            Parameter::new("flag", Domain::Truth, "does nothing").default(false),
        ]
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new("mean", Kind::Number, "mean of the draws").predicted_by("expected").boundary(0.1),
            Measure::new("expected", Kind::Number, "its expectation"),
            Measure::new("sign", Kind::Text, "of the mean"),
            Measure::new("positive", Kind::Truth, "whether it is"),
            Measure::new("root", Kind::Number, "missing where the mean is negative"),
            Measure::new("draws", Kind::Integer, "their number"),
        ]
    }

    fn arrays(&self) -> Vec<(String, String)> {
        vec![("draws".to_owned(), "the numbers".to_owned())]
    }

    fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError> {
        std::thread::sleep(Duration::from_secs_f64(parameters.number("sleep")? * 1e-3));
        match parameters.text("mode")? {
            "fails" => return Err(RunError::new("it was told to fail")),
            "panics" => panic!("it was told to panic"),
            _ => {}
        }
        let count = parameters.integer("count")?;
        let draws = seed.stream("draw").normals(count as usize);
        let mean = parameters.number("x")? + draws.iter().sum::<f64>() / count as f64;
        let mut measures = Measures::new()
            .with("mean", mean)
            .with("expected", parameters.number("x")?)
            .with("sign", if mean < 0.0 { "negative" } else { "positive" })
            .with("positive", mean >= 0.0)
            .with_option("root", (mean >= 0.0).then(|| mean.sqrt()))
            .with("draws", count);
        if parameters.wants("draws") {
            measures = measures.with_array("draws", vec![count as usize], draws);
        }
        Ok(measures)
    }
}

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::standard();
    registry.register(Draw { version: 1 }).expect("the name is free");
    registry
}

pub(crate) fn plan(text: &str) -> Arc<Plan> {
    Arc::new(Plan::parse(text, &registry()).expect("the plan is right"))
}

/// A plan of `12 · 5 · 4` points.
pub(crate) const SMALL: &str = "
[run]
what = 'test.draw'
seeds = 4
[axes]
x = { range = [-1.0, 1.0], points = 12 }
count = [1, 2, 3, 5, 8]
";

/// All rows of a folder as text, times excepted.
pub(crate) fn rows(folder: &Folder, plan: &Plan) -> Vec<String> {
    let mut columns = vec!["point", "key"];
    columns.extend(plan.parameters().iter().map(|parameter| parameter.name.as_str()));
    columns.push("seed");
    columns.extend(plan.measures().iter().map(|measure| measure.name.as_str()));
    columns.extend(["status", "message"]);
    let mut rows = Vec::new();
    read(folder, plan, &columns, |_, values| {
        let bits = |value: &Option<Value>| match value {
            Some(Value::Number(number)) => format!("{:x}", number.to_bits()),
            other => format!("{other:?}"),
        };
        rows.push(values.iter().map(bits).collect::<Vec<_>>().join(" "));
    })
    .expect("the folder can be read");
    rows
}

/// Runs a plan to its end with the given options.
pub(crate) fn finish(plan: &Arc<Plan>, path: &Path, options: &RunOptions) -> Folder {
    let folder = Folder::begin(path, plan).expect("the folder can be used");
    let ran = run(plan, &folder, options, &Stop::new(), &Silent).expect("the plan can be run");
    assert!(!ran.stopped);
    folder
}

/// A fresh folder that is removed at the end of a test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("attractorlab-sweep-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.0.join("sweep")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
