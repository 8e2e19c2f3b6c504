//! A network file named on the command line, with what it does not say by itself.

use std::path::{Path, PathBuf};

use attractorlab::network::files::{ImportOptions, NameMap, Origin};
use attractorlab::network::{Network, Transfer};
use clap::{Args, ValueEnum};

use crate::error::CliError;

#[derive(Debug, Args)]
pub(crate) struct NetworkFile {
    /// A .safetensors or .npz file: the program's own, a PyTorch state dictionary, or any arrays with --map
    #[arg(value_name = "NET")]
    pub(crate) file: PathBuf,
    /// Transfer function of an nn.RNN, which its state dictionary does not name
    #[arg(long, value_enum)]
    transfer: Option<RnnTransfer>,
    /// Prefix of the readout's arrays, where several layers could be it
    #[arg(long, value_name = "NAME")]
    readout: Option<String>,
    /// A TOML file that says which array is what: recurrent, input, output, bias, form, tau ...
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RnnTransfer {
    /// nonlinearity='tanh'
    Tanh,
    /// nonlinearity='relu'
    Relu,
}

impl NetworkFile {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<(Network, Origin), CliError> {
        let unreadable =
            |path: &Path, reason: String| CliError::NetworkFile { path: path.display().to_string(), reason };
        let map = match &self.map {
            None => None,
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| unreadable(path, error.to_string()))?;
                let map: NameMap = toml::from_str(&text)
                    .map_err(|error| unreadable(path, error.to_string().trim_end().to_owned()))?;
                Some(map)
            }
        };
        let transfer = self.transfer.map(|transfer| match transfer {
            RnnTransfer::Tanh => Transfer::Tanh,
            RnnTransfer::Relu => Transfer::Relu { threshold: 0.0 },
        });
        let options = ImportOptions { transfer, readout: self.readout.clone(), map };
        Network::read(&self.file, &options).map_err(|error| unreadable(&self.file, plain(&self.file, &error)))
    }
}

/// The error without the path that it may begin with.
fn plain(path: &Path, error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    text.strip_prefix(&format!("{}: ", path.display())).map(str::to_owned).unwrap_or(text)
}
