//! How faults of the layers below become the one fault a screen can show. Details name no patient.

use crate::crypto::{CertFault, SealFault, Unreadable};
use crate::port::{AeadFault, StoreFault};

use super::api::Fault;

impl Fault {
    pub(super) fn damaged(what: &str) -> Fault {
        Fault::Damaged { detail: what.to_owned() }
    }
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Fault {
        match fault {
            StoreFault::Full => Fault::StorageFull,
            StoreFault::Closed | StoreFault::Unavailable | StoreFault::Newer | StoreFault::Failed(_) => {
                Fault::Storage { detail: fault.to_string() }
            }
        }
    }
}

impl From<AeadFault> for Fault {
    fn from(fault: AeadFault) -> Fault {
        Fault::Damaged { detail: fault.to_string() }
    }
}

impl From<Unreadable> for Fault {
    fn from(fault: Unreadable) -> Fault {
        Fault::Damaged { detail: fault.to_string() }
    }
}

impl From<SealFault> for Fault {
    fn from(fault: SealFault) -> Fault {
        Fault::Refused { detail: fault.to_string() }
    }
}

impl From<CertFault> for Fault {
    fn from(fault: CertFault) -> Fault {
        Fault::Refused { detail: fault.to_string() }
    }
}
