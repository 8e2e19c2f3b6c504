//! Pictures in three dimensions that the reader turns by hand.

use serde::Serialize;

use crate::Colour;
use crate::svg::{escape, to_html};

/// How the points of a group are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SceneMark {
    /// A full dot at each point.
    Dot,
    /// A ring at each point.
    Ring,
    /// A line through the points.
    Line,
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SceneGroup {
    /// Name in the legend; groups of one name share their entry, and an empty name has none.
    pub label: String,
    /// Colour.
    pub colour: Colour,
    /// How they are drawn.
    pub mark: SceneMark,
    /// Diameter of dots and rings, width of lines, in pixels.
    pub size: f64,
    /// The points.
    pub points: Vec<[f64; 3]>,
    /// What the pointer reads out at each point; as many as points, or none.
    pub names: Vec<String>,
}

/// A picture in three dimensions, on a canvas that is turned with the pointer or the arrow keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scene {
    /// Title.
    pub title: String,
    /// What it shows, in one sentence.
    pub caption: String,
    /// Labels of the three axes.
    pub axes: [String; 3],
    /// The groups, drawn one over the other where they are equally far away.
    pub groups: Vec<SceneGroup>,
}

pub(super) const SCRIPT: &str = include_str!("scene.js");

/// The HTML of a scene.
pub(super) fn html(scene: &Scene, anchor: &str, number: usize) -> String {
    let mut legend = String::new();
    let mut seen: Vec<&str> = Vec::new();
    for group in &scene.groups {
        if !group.label.is_empty() && !seen.contains(&group.label.as_str()) {
            seen.push(&group.label);
            let symbol = match group.mark {
                SceneMark::Dot => "●",
                SceneMark::Ring => "○",
                SceneMark::Line => "—",
            };
            legend.push_str(&format!(
                "<span><span aria-hidden=\"true\" style=\"color:{}\">{symbol}</span> {}</span> ",
                group.colour.hex(),
                to_html(&group.label)
            ));
        }
    }
    let groups: Vec<serde_json::Value> = scene
        .groups
        .iter()
        .map(|group| {
            serde_json::json!({
                "colour": group.colour.hex(), "mark": group.mark, "size": group.size, "points": group.points,
                "names": group.names,
            })
        })
        .collect();
    let data = serde_json::json!({ "axes": scene.axes, "groups": groups });
    // A script element ends at the first "</".
    let data = data.to_string().replace("</", "<\\/");
    format!(
        "<figure id=\"{anchor}\" class=\"scene\">\n<canvas width=\"1280\" height=\"880\" tabindex=\"0\" role=\"img\" \
         aria-label=\"{}\"></canvas>\n<script type=\"application/json\">{data}</script>\n<p class=\"legend\">{legend}</p>\n\
         <figcaption><strong>Figure {number}. {}.</strong> {} Turn it with the pointer or the arrow keys.</figcaption>\n\
         </figure>\n",
        escape(&scene.title),
        to_html(scene.title.trim_end_matches('.')),
        to_html(&scene.caption)
    )
}
