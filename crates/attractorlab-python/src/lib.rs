//! Python bindings of attractorlab: thin functions under `attractorlab._attractorlab`.
//!
//! The face that users import is `python/attractorlab`. Here live only the conversions, the release of the
//! GIL, and the map from errors to named exceptions.

mod bptt;
mod chaos;
mod clamped;
mod continuation;
mod dissection;
mod dynamics;
mod equilibrium;
mod errors;
mod feedback;
mod feedback_network;
mod forecast;
mod gaussian;
mod interrupt;
mod linear_learning;
mod network;
mod output_dynamics;
mod output_training;
mod own_function;
mod roots;
mod studies;
mod sweeps;
mod tasks;
mod transfer;
mod weight_change;

use attractorlab_numerics::memory::{self, LargePages};
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

#[pymodule]
fn _attractorlab(module: &Bound<'_, PyModule>) -> PyResult<()> {
    memory::keep_freed();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(gaussian::average, module)?)?;
    module.add_function(wrap_pyfunction!(gaussian::pair_average, module)?)?;
    module.add_function(wrap_pyfunction!(gaussian::centered_pair_average, module)?)?;
    module.add_function(wrap_pyfunction!(roots::all_roots, module)?)?;
    module.add_class::<clamped::DriveTheory>()?;
    module.add("FEEDBACK_LABELS", feedback::LABELS)?;
    module.add("FEEDBACK_STABILITIES", feedback::STABILITIES)?;
    module.add_function(wrap_pyfunction!(feedback::feedback_drive, module)?)?;
    module.add_function(wrap_pyfunction!(feedback::feedback_scatter, module)?)?;
    module.add_function(wrap_pyfunction!(feedback::predict, module)?)?;
    module.add_class::<feedback::ReadoutCurve>()?;
    module.add_class::<network::RateNetwork>()?;
    module.add_function(wrap_pyfunction!(network::draw_bulk, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::simulate_f64, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::simulate_f32, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::initial_states, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::fixed_point, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::spectrum, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::outliers, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::lyapunov_exponent, module)?)?;
    module.add_class::<dissection::Network>()?;
    module.add_function(wrap_pyfunction!(dissection::find_fixed_points, module)?)?;
    module.add_function(wrap_pyfunction!(continuation::bifurcations, module)?)?;
    module.add_function(wrap_pyfunction!(continuation::follow_function, module)?)?;
    module.add_class::<chaos::ChaosTheory>()?;
    module.add_class::<forecast::ReadoutTheory>()?;
    module.add_function(wrap_pyfunction!(forecast::phase_diagram, module)?)?;
    module.add_function(wrap_pyfunction!(forecast::feedback_thresholds, module)?)?;
    module.add_function(wrap_pyfunction!(forecast::measure_network, module)?)?;
    module.add_class::<feedback_network::FeedbackNetwork>()?;
    module.add_class::<output_dynamics::OutputCandidates>()?;
    module.add_class::<output_dynamics::OutputPrediction>()?;
    module.add_function(wrap_pyfunction!(output_dynamics::edge_of_chaos, module)?)?;
    module.add_class::<output_training::OutputTask>()?;
    module.add_function(wrap_pyfunction!(output_training::ridge_readout, module)?)?;
    module.add_function(wrap_pyfunction!(dynamics::output_response, module)?)?;
    module.add_class::<linear_learning::LearningFlow>()?;
    module.add_function(wrap_pyfunction!(linear_learning::third_order, module)?)?;
    module.add_function(wrap_pyfunction!(linear_learning::linear_scaling_laws, module)?)?;
    module.add_function(wrap_pyfunction!(linear_learning::linear_outlier, module)?)?;
    module.add_function(wrap_pyfunction!(linear_learning::descend_to_output, module)?)?;
    module.add_class::<weight_change::WeightChange>()?;
    module.add_function(wrap_pyfunction!(weight_change::truncation_ranks, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::output_alignment, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::procrustes_angle, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::participation_ratio, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::output_explained, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::relative_noise_along_output, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::relative_susceptibility, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::equilibrium_states, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::equilibrium_update, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::equilibrium_update_at, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::equilibrium_gradient_check, module)?)?;
    module.add_class::<equilibrium::EquilibriumTrainer>()?;
    module.add_function(wrap_pyfunction!(equilibrium::linear_course, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::linear_landscape, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::response_metric, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::response_metric_extremes, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::singular_steps, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::response_distance, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::interpolating_weights, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::digit_images, module)?)?;
    module.add_function(wrap_pyfunction!(equilibrium::folder_images, module)?)?;
    module.add_class::<bptt::BpttTraining>()?;
    module.add_function(wrap_pyfunction!(bptt::bptt_losses, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::task_batch, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::task_batch_of, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::task_describe, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::task_dimensions, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::psychometric_batch, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::psychometric_curve, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::psychometric_curves, module)?)?;
    module.add_function(wrap_pyfunction!(tasks::text_accuracy, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::singular_values_along, module)?)?;
    module.add_function(wrap_pyfunction!(weight_change::eigenvalues_along, module)?)?;
    module.add_function(wrap_pyfunction!(studies::list_studies, module)?)?;
    module.add_function(wrap_pyfunction!(studies::run_studies, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::sweep_names, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::sweep_run, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::sweep_declaration, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::sweep_status, module)?)?;
    module.add_function(wrap_pyfunction!(sweeps::sweep_collect, module)?)?;
    module.add_class::<sweeps::SweepSession>()?;
    Ok(())
}
