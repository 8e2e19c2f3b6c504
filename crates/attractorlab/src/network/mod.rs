//! Networks: transfer functions, connectivity, rate networks.

mod any;
mod bulk;
mod connectivity;
mod ensemble;
pub mod files;
mod gated;
mod rate;

pub use any::{Cell, LinearReadout, Network};
pub use attractorlab_numerics::transfer::{Jet, Nonlinearity, Transfer};
pub use bulk::{Bulk, BulkError};
pub(crate) use connectivity::mean_product;
pub use connectivity::{Connectivity, ConnectivityError};
pub use ensemble::{InputVectors, gaussian_bulk};
pub(crate) use gated::{GateDrive, GatedCell, products};
pub use gated::{GateWeights, Gru, Lstm};
pub use rate::{Form, NetworkError, RateNetwork};
