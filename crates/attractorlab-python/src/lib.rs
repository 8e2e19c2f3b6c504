//! Python bindings of attractorlab: thin functions under `attractorlab._attractorlab`.
//!
//! The face that users import is `python/attractorlab`. Here live only the conversions, the release of the
//! GIL, and the map from errors to named exceptions.

mod errors;
mod interrupt;
mod studies;
mod sweeps;

use pyo3::prelude::*;

#[pymodule]
fn _attractorlab(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
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
