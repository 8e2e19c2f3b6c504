//! Just enough XML to tell whether a drawing is well formed and all of its numbers are finite.

/// Attributes that hold only numbers, commands and separators.
const NUMERIC: [&str; 15] = [
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "d",
    "dy",
    "viewBox",
    "stroke-width",
    "font-size",
    "stroke-dasharray",
];

/// Panics with a reason unless tags are balanced, quotes closed, ids unique and numbers finite.
pub(crate) fn check(svg: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > in text: {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag is closed");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags are balanced");
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        for (key, value) in pairs(attributes) {
            if key == "id" {
                assert!(!ids.contains(&value), "id {value} is unique");
                ids.push(value.clone());
            }
            if NUMERIC.contains(&key.as_str()) && value != "none" {
                numbers(&value);
            }
        }
        if !empty {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "open tags are left: {open:?}");
    for part in svg.split("url(#").skip(1) {
        let id = part.split(')').next().unwrap_or_default();
        assert!(ids.iter().any(|known| known == id), "url(#{id}) refers to something");
    }
}

fn pairs(attributes: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").expect("an attribute has a quoted value");
        let (value, after) = after.split_once('"').expect("a quote is closed");
        assert!(!value.contains('<'), "values are escaped: {value}");
        found.push((key.trim().to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

fn numbers(value: &str) {
    let stray = value.chars().find(|c| c.is_alphabetic() && !"MLHVmlhvz".contains(*c));
    assert_eq!(stray, None, "{value:?} holds only numbers and path commands");
    for part in value.split(|c: char| c.is_ascii_alphabetic() || c == ' ' || c == ',') {
        for number in part.split_inclusive('-').filter(|n| !n.is_empty() && *n != "-") {
            let number = number.trim_end_matches('-');
            let parsed: f64 =
                number.parse().unwrap_or_else(|_| panic!("{number:?} in {value:?} is a number"));
            assert!(parsed.is_finite() && parsed.abs() <= 1e7, "{parsed} in {value:?} is finite");
        }
    }
}

#[test]
fn the_check_can_fail() {
    for bad in [
        "<svg><g></svg></g>",
        "<svg><path d=\"M1 NaN\"/></svg>",
        "<svg><path d=\"Minf 1\"/></svg>",
        "<svg><a id=\"x\"/><b id=\"x\"/></svg>",
        "<svg><a fill=\"url(#nothing)\"/></svg>",
        "<svg>",
    ] {
        assert!(std::panic::catch_unwind(|| check(bad)).is_err(), "{bad} is refused");
    }
    check("<svg><path id=\"p\" d=\"M1 -2L3.5-4z\" fill=\"url(#p)\"/></svg>");
}
