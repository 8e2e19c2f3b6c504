//! The JSON schema of plans, for editors.

use std::ops::Bound;

use serde_json::{Map, Value as Json, json};

use crate::{Domain, Kind, Parameter, Registry, Runnable, Value};

/// The JSON schema (draft 7, which TOML editors read) of plans over a registry: parameters and measures of the
/// runnable that `what` names are completed and checked.
pub fn schema(registry: &Registry) -> Json {
    let names: Vec<&str> = registry.iter().map(Runnable::name).collect();
    let rules: Vec<Json> = registry.iter().map(rule).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "attractorlab sweep",
        "description": "A sweep over parameters and seeds: attractorlab sweep run FILE -o DIR",
        "type": "object",
        "required": ["run"],
        "additionalProperties": false,
        "properties": {
            "run": {
                "type": "object",
                "required": ["what"],
                "additionalProperties": false,
                "properties": {
                    "what": {"enum": names, "description": "What to run at each point"},
                    "seeds": {
                        "description": "How many seeds, 0 to n − 1, or which",
                        "oneOf": [
                            {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                            {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "uniqueItems": true}
                        ]
                    }
                }
            },
            "axes": {"type": "object", "description": "Every combination is a point; the first axis is the outermost"},
            "zip": {"type": "array", "description": "Axes that move together", "items": {"type": "object", "minProperties": 1}},
            "fixed": {"type": "object", "description": "Parameters with one value"},
            "measure": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "keep": {"type": "array", "items": {"type": "string"}, "description": "Measures to keep; all without it"},
                    "arrays": {"type": "array", "items": {"type": "string"}, "description": "Arrays to write beside the table"},
                    "format": {"enum": ["npz", "safetensors"], "default": "npz", "description": "Format of the arrays' files"}
                }
            }
        },
        "allOf": rules
    })
}

/// What holds if `what` is this runnable.
fn rule(runnable: &dyn Runnable) -> Json {
    let parameters = runnable.parameters();
    let object = |of: fn(&Parameter) -> Json| {
        let properties: Map<String, Json> =
            parameters.iter().map(|parameter| (parameter.name.clone(), of(parameter))).collect();
        json!({"properties": properties, "additionalProperties": false})
    };
    let measures: Vec<String> = runnable.measures().into_iter().map(|measure| measure.name).collect();
    let arrays: Vec<String> = runnable.arrays().into_iter().map(|(name, _)| name).collect();
    json!({
        "if": {"properties": {"run": {"properties": {"what": {"const": runnable.name()}}, "required": ["what"]}}},
        "then": {"properties": {
            "axes": object(axis),
            "zip": {"items": object(axis)},
            "fixed": object(value),
            "measure": {"properties": {
                "keep": {"items": {"enum": measures}},
                "arrays": {"items": {"enum": arrays}}
            }}
        }}
    })
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Number(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Text(value) => json!(&**value),
        Value::Truth(value) => json!(value),
    }
}

/// One value of a parameter.
fn value(parameter: &Parameter) -> Json {
    let mut schema = match &parameter.domain {
        Domain::Number { low, high } => {
            let mut schema = json!({"type": "number"});
            for (bound, inclusive, exclusive) in
                [(low, "minimum", "exclusiveMinimum"), (high, "maximum", "exclusiveMaximum")]
            {
                match bound {
                    Bound::Included(value) => schema[inclusive] = json!(value),
                    Bound::Excluded(value) => schema[exclusive] = json!(value),
                    Bound::Unbounded => {}
                }
            }
            schema
        }
        Domain::Integer { low, high } => json!({"type": "integer", "minimum": low, "maximum": high}),
        Domain::Choice(words) => json!({"enum": words}),
        Domain::Text => json!({"type": "string"}),
        Domain::Truth => json!({"type": "boolean"}),
    };
    schema["description"] = json!(parameter.about);
    if let Some(default) = &parameter.default {
        schema["default"] = plain(default);
    }
    schema
}

/// The values of a parameter along an axis.
fn axis(parameter: &Parameter) -> Json {
    let list = json!({"type": "array", "items": value(parameter), "minItems": 1, "uniqueItems": true});
    if !matches!(parameter.domain.kind(), Kind::Number | Kind::Integer) {
        return json!({"description": parameter.about, "oneOf": [list]});
    }
    let ends = json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2});
    let points = json!({"type": "integer", "minimum": 1});
    let spread = |key: &str, random: bool| {
        let mut properties = json!({key: ends, "points": points});
        if random {
            properties["seed"] = json!({"type": "integer", "minimum": 0});
        }
        json!({"type": "object", "required": [key, "points"], "additionalProperties": false, "properties": properties})
    };
    json!({
        "description": parameter.about,
        "oneOf": [
            list,
            spread("range", false),
            {"type": "object", "required": ["range", "step"], "additionalProperties": false,
             "properties": {"range": ends, "step": {"type": "number"}}},
            spread("log-range", false),
            spread("uniform", true),
            spread("log-uniform", true)
        ]
    })
}
