//! `cargo xtask wheel`: the Python wheel.

use std::fs;
use std::path::PathBuf;

use crate::step;
use crate::venv::Venv;

/// What the tests of the Python face need; the wheel alone needs only the first.
pub(crate) const REQUIREMENTS: [&str; 9] =
    ["maturin>=1.9.4,<2", "numpy", "pytest", "mypy", "pandas", "polars", "pyarrow", "matplotlib", "xarray"];

/// Builds the wheel and says where it is.
pub(crate) fn run() -> Result<bool, String> {
    let venv = Venv::with("venv", &REQUIREMENTS)?;
    let wheel = build(&venv)?;
    println!("\n{}", wheel.display());
    Ok(true)
}

/// Builds the wheel with the same profile and features as everything else.
pub(crate) fn build(venv: &Venv) -> Result<PathBuf, String> {
    let folder = crate::target().join("wheels");
    // Only the wheel of this build must be found below.
    let _ = fs::remove_dir_all(&folder);
    let built = step::run(
        "maturin build",
        venv.run_python()
            .args(["-m", "maturin", "build", "--release", "--interpreter"])
            .arg(venv.python())
            .arg("--out")
            .arg(&folder)
            .envs(venv.pyo3()),
    );
    if !built.success {
        return Err("maturin could not build the wheel".to_owned());
    }
    fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| format!("maturin left no wheel in {}", folder.display()))
}
