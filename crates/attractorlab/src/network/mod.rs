//! Networks: transfer functions, connectivity, rate networks.

mod bulk;
mod connectivity;
mod ensemble;
mod rate;

pub use attractorlab_numerics::transfer::{Jet, Nonlinearity, Transfer};
pub use bulk::{Bulk, BulkError};
pub(crate) use connectivity::mean_product;
pub use connectivity::{Connectivity, ConnectivityError};
pub use ensemble::{InputVectors, gaussian_bulk};
pub use rate::{Form, NetworkError, RateNetwork};
