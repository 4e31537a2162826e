//! Samples of the pages on which a device is let act for somebody.

use serde_json::json;

use super::super::{DeviceConfirm, DeviceDone, DeviceEnter, Scope};
use super::{Sample, view};
use crate::account::agent::Agent;

pub(super) fn pages() -> Vec<Sample> {
    let empty = DeviceEnter { user_code: String::new(), errors: Vec::new() };
    let filled = DeviceEnter { user_code: "WDJB-MJHT".to_owned(), errors: Vec::new() };
    let error = json!({ "field": "user_code", "key": "device.unknown", "params": {} });
    let wrong = DeviceEnter { errors: vec![error], ..filled.clone() };
    let error = json!({ "field": "user_code", "key": "device.locked", "params": { "minutes": 2 } });
    let locked = DeviceEnter { errors: vec![error], ..filled.clone() };
    let scope = |name: &str| Scope { name: name.to_owned(), title: None, description: None };
    let confirm = DeviceConfirm {
        client: "Flowgate CLI".to_owned(),
        scopes: ["openid", "profile", "email", "account"].map(scope).to_vec(),
        ip: Some("192.0.2.7".to_owned()),
        agent: Agent::of(Some("flowgate/0.1.0 (linux)")),
        asked_at: "2026-11-25T15:04:00Z".to_owned(),
    };
    let unknown = DeviceConfirm {
        ip: None,
        agent: Agent::of(None),
        scopes: vec![scope("openid")],
        ..confirm.clone()
    };
    vec![
        view("device_enter", &empty),
        view("device_enter_filled", &filled),
        view("device_enter_wrong_plain", &wrong),
        view("device_enter_locked_plain", &locked),
        view("device_confirm", &confirm),
        view("device_confirm_plain", &unknown),
        view("device_done", &DeviceDone { allowed: true }),
        view("device_done_plain", &DeviceDone { allowed: false }),
    ]
}
