//! Integration tests of attractorlab: one binary.

mod bptt;
mod chaos;
mod continuation;
mod dynamics;
mod equilibrium_layer;
mod equilibrium_rules;
mod feedback_networks;
mod feedback_theory;
mod fixed_points;
mod forecasts;
mod learning_statistics;
mod linear_learning;
mod low_rank_theory;
mod network_files;
mod optimisers;
mod output_dynamics;
mod output_networks;
mod phase_diagrams;
mod rate_networks;
mod reference;
mod tasks;
mod text;
mod weight_change;
