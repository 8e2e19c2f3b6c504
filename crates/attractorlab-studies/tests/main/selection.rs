//! Choosing studies by what the user typed.

use attractorlab_studies::Study;
use attractorlab_studies::run::{RunError, select};

use crate::rehearsal::{Ending, Rehearsal};

const STUDIES: [Rehearsal; 3] = [
    Rehearsal("mastrogiuseppe2019/target-sweep", Ending::Holds),
    Rehearsal("mastrogiuseppe2019/pure-classes", Ending::Holds),
    Rehearsal("rivkind2017/ring", Ending::Holds),
];

fn chosen(patterns: &[&str]) -> Vec<&'static str> {
    let studies: Vec<&dyn Study> = STUDIES.iter().map(|study| study as &dyn Study).collect();
    select(&studies, patterns).unwrap().iter().map(|study| study.id()).collect()
}

fn suggestion(pattern: &str) -> Option<String> {
    let studies: Vec<&dyn Study> = STUDIES.iter().map(|study| study as &dyn Study).collect();
    match select(&studies, &[pattern]) {
        Err(RunError::UnknownStudy { pattern: told, suggestion }) => {
            assert_eq!(told, pattern);
            suggestion
        }
        _ => panic!("{pattern} should be unknown"),
    }
}

#[test]
fn an_id_chooses_one_and_a_paper_its_folder() {
    assert_eq!(chosen(&["rivkind2017/ring"]), ["rivkind2017/ring"]);
    let folder = ["mastrogiuseppe2019/target-sweep", "mastrogiuseppe2019/pure-classes"];
    assert_eq!(chosen(&["mastrogiuseppe2019"]), folder);
    assert_eq!(chosen(&["mastrogiuseppe2019/"]), folder);
}

#[test]
fn each_is_chosen_once_in_the_order_of_the_house() {
    assert_eq!(
        chosen(&["rivkind2017", "mastrogiuseppe2019/pure-classes", "rivkind2017/ring"]),
        ["mastrogiuseppe2019/pure-classes", "rivkind2017/ring"]
    );
}

#[test]
fn slips_are_met_with_the_nearest_name() {
    let sweep = Some("mastrogiuseppe2019/target-sweep");
    for slip in [
        "mastrogiuseppe2019/target-swep",
        "mastrogiusepe2019/target-sweep",
        "Mastrogiuseppe2019/Target-Sweep",
        "target-sweep",
        "taget-sweep",
    ] {
        assert_eq!(suggestion(slip).as_deref(), sweep, "{slip}");
    }
    assert_eq!(suggestion("rivkind2018").as_deref(), Some("rivkind2017"));
    assert_eq!(suggestion("hopfield1982/energy"), None);
    assert_eq!(suggestion(""), None);
}
