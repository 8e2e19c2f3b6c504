//! Plans: what is refused, and what they mean.

use std::collections::HashSet;

use attractorlab_sweep::{Plan, PlanError, Registry, Value, schema};

use crate::world::{Draw, SMALL, plan, registry};

/// A plan over `test.draw` with these lines after `[run]`; what follows them is up to the caller.
fn with(lines: &str) -> String {
    format!("[run]\nwhat = 'test.draw'\n{lines}")
}

#[track_caller]
fn refused(text: &str) -> PlanError {
    Plan::parse(text, &registry()).expect_err("the plan is wrong")
}

#[track_caller]
fn says(text: &str, line: usize, message: &str, hint: &str) {
    let error = refused(text);
    let given = error.hint.clone().unwrap_or_default();
    assert!(error.message.contains(message), "{error} does not say '{message}'");
    assert!(given.contains(hint), "'{given}' does not hint at '{hint}'");
    assert_eq!(error.line, line, "{error}");
}

#[test]
fn slips_of_the_pen_have_a_line_and_a_suggestion() {
    says("[rnu]\nwhat = 'test.draw'", 1, "unknown key 'rnu'", "did you mean 'run'?");
    says("[run]\nwaht = 'test.draw'", 1, "does not say what to run", "test.draw");
    says("[run]\nwhat = 'tset.draw'", 2, "nothing called 'tset.draw'", "did you mean 'test.draw'?");
    says(&with("seedz = 3\n[axes]\nx = [1]"), 3, "unknown key 'seedz' in [run]", "did you mean 'seeds'?");
    says(&with("[axes]\nx = [1]\ncuont = [1]"), 5, "unknown parameter 'cuont'", "did you mean 'count'?");
    says(
        &with("[axes]\nx = { rang = [0, 1], points = 3 }"),
        4,
        "unknown key 'rang'",
        "did you mean 'range'?",
    );
    says(
        &with("[axes]\nx = [1]\n[measure]\nkeep = ['maen']"),
        6,
        "no measure 'maen'",
        "did you mean 'mean'?",
    );
    says(&with("[axes]\nx = [1]\n[measure]\narrays = ['d']"), 6, "no array 'd'", "draws");
    says(&with("[axes]\nx = [1]\nmode = ['fine', 'fials']"), 5, "not \"fials\"", "did you mean 'fails'?");
    says(&with("[axes]\nbanana = [1]"), 4, "unknown parameter 'banana'", "there is: x, count");
    says("[run\nwhat = 1", 1, "not TOML", "");
    says("", 1, "no [run] table", "what");
}

#[test]
fn empty_and_repeated_things_are_refused() {
    says(&with("[axes]\nx = []"), 4, "axis 'x' is empty", "");
    says(&with("[axes]\nx = { range = [0, 1], points = 0 }"), 4, "axis 'x' is empty", "");
    says(&with("[axes]\nx = [1, 2, 1.0]"), 4, "has the value 1 twice", "");
    says(&with("[axes]\nx = [0.0, -0.0]"), 4, "twice", "");
    says(&with("[axes]\nx = { range = [1, 1], points = 2 }"), 4, "twice", "");
    says(&with("[axes]\nx = [1]\nx = [2]"), 5, "not TOML", "");
    says(&with("[axes]\nx = [1]\n[fixed]\nx = 2"), 6, "'x' is given twice", "one place");
    says(&with("[axes]\nx = [1]\n[[zip]]\nx = [2]"), 6, "'x' is given twice", "one place");
    says(&with("[axes]\nx = [1]\n[measure]\nkeep = ['mean', 'mean']"), 6, "named twice", "");
    says(&with("seeds = []\n[axes]\nx = [1]"), 3, "no seeds", "");
    says(&with("seeds = 0\n[axes]\nx = [1]"), 3, "no seeds", "");
    says(&with("seeds = [3, 4, 3]\n[axes]\nx = [1]"), 3, "seed 3 stands there twice", "not two samples");
    says(&with("seeds = -1\n[axes]\nx = [1]"), 3, "whole number", "");
    says(&with("seeds = 123456789\n[axes]\nx = [1]"), 3, "asks for", "seeds = [123456789]");
    let unseeded = "[run]\nwhat = 'theory.feedback'\nseeds = 20\n[axes]\ng = [1]\ntarget = [1]";
    says(unseeded, 3, "draws nothing at random", "leave seeds out");
}

#[test]
fn values_must_fit_their_parameters() {
    says(&with("[axes]\nx = ['one']"), 4, "'x' must be a number, not \"one\"", "");
    says(&with("[axes]\nx = [nan]"), 4, "must be a number", "");
    says(&with("[axes]\nx = [1]\ncount = [1.5]"), 5, "whole number from 1 to 1000, not 1.5", "");
    says(&with("[axes]\nx = [1]\ncount = [0]"), 5, "whole number from 1 to 1000, not 0", "");
    says(&with("[axes]\nx = [1]\ncount = { range = [1, 2], points = 3 }"), 5, "1.5", "whole");
    says(&with("[axes]\nx = [1]\nsleep = [-1]"), 5, "a number ≥ 0, not -1", "");
    says(&with("[axes]\nx = [1]\nflag = { range = [0, 1], points = 2 }"), 5, "no range", "list");
    says(&with("[axes]\nx = 1"), 4, "one value", "[fixed]");
    says(&with("[axes]\nx = [1]\n[fixed]\ncount = [1, 2]"), 6, "a list", "[axes]");
    says(&with("[axes]\ncount = [1]"), 1, "'x' has no value", "mean");
    says(&with("[axes]\nx = { log-range = [0, 1], points = 3 }"), 4, "positive", "");
    says(&with("[axes]\nx = { range = [0, 1] }"), 4, "how many", "points");
    says(&with("[axes]\nx = { points = 3 }"), 4, "how its values are spread", "range");
    says(&with("[axes]\nx = { range = [0, 1], uniform = [0, 1], points = 3 }"), 4, "only one", "");
    says(&with("[axes]\nx = { range = [0, 1], step = 0.3 }"), 4, "do not end at 1", "points");
    says(&with("[axes]\nx = { range = [0, 1], step = -0.5 }"), 4, "never leads", "");
    says(&with("[axes]\nx = { range = [0, 1], points = 3, seed = 1 }"), 4, "not random", "");
    says(&with("[axes]\nx = { range = [0], points = 3 }"), 4, "two numbers", "");
    says(&with("[axes]\nx = { range = [0, inf], points = 3 }"), 4, "finite", "");
    says(&with("[axes]\nx = { range = [0, 1], points = 999999999 }"), 4, "the most is", "");
    says(&with("[[zip]]\nx = [1, 2]\ncount = [1]"), 5, "move together", "");
    says(&with("[[zip]]\nx = [1, 1]\ncount = [2, 2]"), 3, "row 2", "");
    let huge = "seeds = 1000\n[axes]\nx = { range = [0, 1], points = 10000 }\n\
                sleep = { range = [0, 1], points = 10000 }";
    says(&with(huge), 1, "points", "split");
}

fn numbers(text: &str) -> Vec<f64> {
    let plan = plan(text);
    (0..plan.points()).filter_map(|point| plan.point(point).0[0].as_number()).collect()
}

#[test]
fn axes_have_the_values_that_were_meant() {
    assert_eq!(numbers(&with("[axes]\nx = { range = [-1, 1], points = 5 }")), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    assert_eq!(numbers(&with("[axes]\nx = { range = [0, 1], step = 0.25 }")), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(numbers(&with("[axes]\nx = { range = [1, 0], points = 2 }")), [1.0, 0.0]);
    let decades = numbers(&with("[axes]\nx = { log-range = [0.01, 100], points = 5 }"));
    for (value, wanted) in decades.iter().zip([0.01, 0.1, 1.0, 10.0, 100.0]) {
        assert!((value / wanted - 1.0).abs() < 1e-14, "{value}");
    }
    let random = numbers(&with("[axes]\nx = { uniform = [2, 3], points = 200 }"));
    assert!(random.iter().all(|x| (2.0..3.0).contains(x)));
    assert!((random.iter().sum::<f64>() / 200.0 - 2.5).abs() < 0.1);
    // Another axis moves no value of this one, and another seed moves all.
    let beside = numbers(&with("[axes]\nx = { uniform = [2, 3], points = 200 }\n[fixed]\ncount = 2"));
    assert_eq!(random, beside);
    let other = numbers(&with("[axes]\nx = { uniform = [2, 3], points = 200, seed = 1 }"));
    assert!(random.iter().zip(&other).all(|(a, b)| a != b));
    let logarithmic = numbers(&with("[axes]\nx = { log-uniform = [0.01, 100], points = 200 }"));
    let small = logarithmic.iter().filter(|x| **x < 1.0).count();
    assert!((60..140).contains(&small), "{small} of 200 below the middle");
}

#[test]
fn the_first_axis_is_outermost_and_seeds_are_innermost() {
    let plan =
        plan(&with("seeds = [7, 9]\n[axes]\nx = [1, 2]\n[[zip]]\nmode = ['fine', 'fails']\ncount = [3, 4]"));
    assert_eq!(plan.points(), 8);
    let point = |point| {
        let (values, seed) = plan.point(point);
        (values[0].as_number().unwrap(), values[1].clone(), values[2].clone(), seed.0)
    };
    assert_eq!(point(0), (1.0, Value::from(3), Value::from("fine"), 7));
    assert_eq!(point(1), (1.0, Value::from(3), Value::from("fine"), 9));
    assert_eq!(point(2), (1.0, Value::from(4), Value::from("fails"), 7));
    assert_eq!(point(7), (2.0, Value::from(4), Value::from("fails"), 9));
}

#[test]
fn plans_are_named_by_what_they_mean() {
    let a = plan(&with("[axes]\nx = { range = [0, 1], points = 3 }"));
    let b = plan(&with("# the same\nseeds = 1\n[fixed]\ncount = 1\n[axes]\nx = [0.0, 0.5, 1]"));
    assert_eq!(a.hash(), b.hash());
    for other in [
        "[axes]\nx = [0.0, 0.5]",
        "[axes]\nx = [1, 0.5, 0]",
        "seeds = 2\n[axes]\nx = [0.0, 0.5, 1]",
        "[axes]\nx = [0.0, 0.5, 1]\n[fixed]\ncount = 2",
        "[axes]\nx = [0.0, 0.5, 1]\n[measure]\nkeep = ['mean']",
        "[axes]\nx = [0.0, 0.5, 1]\n[measure]\narrays = ['draws']",
    ] {
        assert_ne!(a.hash(), plan(&with(other)).hash(), "{other}");
    }
    // A point has its name in every plan, and another one in another version.
    let key = |plan: &Plan, point| {
        let (values, seed) = plan.point(point);
        plan.key(&values, seed).to_string()
    };
    let c = plan(&with("[axes]\nx = [0.5]"));
    assert_eq!(key(&a, 1), key(&c, 0));
    let mut newer = Registry::new();
    newer.register(Draw { version: 2 }).unwrap();
    assert_ne!(key(&a, 1), key(&Plan::parse(c.text(), &newer).unwrap(), 0));
    let small = plan(SMALL);
    let keys: HashSet<String> = (0..small.points()).map(|point| key(&small, point)).collect();
    assert_eq!(keys.len() as u64, small.points());
}

#[test]
fn the_cost_is_that_of_the_points() {
    let plan = plan(&with("seeds = 50\n[axes]\nx = [1, 2]\n[fixed]\nsleep = 5"));
    let estimate = plan.estimate(std::time::Duration::from_millis(200));
    assert!(estimate.sampled >= 2 && estimate.sampled <= 100, "{estimate:?}");
    assert!(estimate.seconds_per_point >= 0.005, "{estimate:?}");
    assert!(estimate.total_seconds >= 0.5, "{estimate:?}");
    assert!(estimate.failures.is_empty());
}

#[test]
fn the_schema_knows_what_the_plan_knows() {
    let schema = schema(&registry());
    let rules = schema["allOf"].as_array().unwrap();
    assert_eq!(rules.len(), registry().iter().count());
    let rule = rules
        .iter()
        .find(|rule| rule["if"]["properties"]["run"]["properties"]["what"]["const"] == "test.draw");
    let parameters = &rule.unwrap()["then"]["properties"]["fixed"]["properties"];
    assert_eq!(parameters["count"]["maximum"], 1000);
    assert_eq!(parameters["mode"]["enum"][1], "fails");
    assert_eq!(parameters["sleep"]["default"], 0.0);
}
