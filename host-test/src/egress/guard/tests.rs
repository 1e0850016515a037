//! Which addresses may be dialed, with and without NAT64.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower_service::Service;

/// Returns a resolver with these answers for `ipv4only.arpa`, and the number of lookups so far.
fn network(answers: &[&str]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answers: Vec<SocketAddr> =
        answers.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |name| {
        assert_eq!(name, "ipv4only.arpa");
        count.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(answers.clone())))
    });
    (lookup, asked)
}

async fn allows(answers: &[&str], reach: Reach, address: &str) -> bool {
    let guard = Guarded::new(network(answers).0, Nat64::default(), reach);
    guard.judge(address.parse().unwrap()).await.is_ok()
}

#[tokio::test]
async fn the_well_known_prefix_is_judged_by_the_address_inside() {
    let (lookup, asked) = network(&[]);
    let guard = Guarded::new(lookup, Nat64::default(), Reach::Public);
    for (inner, good) in [
        ("52.20.1.1", true),
        ("8.8.8.8", true),
        ("10.0.0.1", false),
        ("100.64.0.1", false),
        ("127.0.0.1", false),
        ("169.254.169.254", false),
        ("192.168.0.1", false),
        ("168.63.129.16", false),
        ("224.0.0.1", false),
        ("0.0.0.0", false),
    ] {
        let address: IpAddr = format!("64:ff9b::{inner}").parse().unwrap();
        assert_eq!(guard.judge(address).await.is_ok(), good, "{inner}");
    }
    // Other bits in the prefix, or a mapped address inside it, are not well-known.
    for bad in ["64:ff9b::1:808:808", "64:ff9b:0:1::808:808", "64:ff9b::ffff:808:808"] {
        assert!(guard.judge(bad.parse().unwrap()).await.is_err(), "{bad}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0, "no discovery is needed");
}

#[tokio::test]
async fn without_an_answer_a_doubtful_address_stays_refused() {
    let away: Lookup = Arc::new(|_| Box::pin(std::future::ready(Err(io::Error::other("away")))));
    let guard = Guarded::new(away, Nat64::default(), Reach::Public);
    for (address, good) in [
        ("2606:4700::169.254.169.254", false),
        ("2606:4700::10.0.0.1", false),
        ("64:ff9b:1::8.8.8.8", false),
        ("2606:4700::1111", true),
        ("64:ff9b::8.8.8.8", true),
    ] {
        assert_eq!(guard.judge(address.parse().unwrap()).await.is_ok(), good, "{address}");
    }
}

#[tokio::test]
async fn the_local_use_prefix_is_permitted_in_the_layout_that_the_network_reveals() {
    for (shown, good, bad) in [
        ("64:ff9b:1:c000:0:aa00::", "64:ff9b:1:808:8:800::", "64:ff9b:1:a00:0:100::"),
        ("64:ff9b:1:12c0:0:ab::", "64:ff9b:1:1208:8:808::", "64:ff9b:1:120a:0:1::"),
        ("64:ff9b:1:12:c0:0:aa00::", "64:ff9b:1:12:8:808:800::", "64:ff9b:1:12:a9:fea9:fe00::"),
        ("64:ff9b:1::192.0.0.170", "64:ff9b:1::8.8.8.8", "64:ff9b:1::169.254.169.254"),
    ] {
        assert!(allows(&[shown], Reach::Public, good).await, "{shown}: {good}");
        assert!(!allows(&[shown], Reach::Public, bad).await, "{shown}: {bad}");
        assert!(!allows(&[], Reach::Public, good).await, "{good}, undiscovered");
    }
    // A prefix other than the one shown.
    let shown = ["64:ff9b:1:7::192.0.0.170"];
    assert!(!allows(&shown, Reach::Public, "64:ff9b:1:8::8.8.8.8").await);
}

#[tokio::test]
async fn a_forged_discovery_permits_no_private_address() {
    for (forged, address) in [
        ("fd00::192.0.0.170", "fd00::8.8.8.8"),
        ("fd12:3456:c000:aa::", "fd12:3456:808:808::"),
        ("fe80::192.0.0.170", "fe80::8.8.8.8"),
        ("::ffff:192.0.0.170", "::ffff:10.0.0.1"),
        ("::192.0.0.170", "::8.8.8.8"),
        ("fd00:ec2::192.0.0.170", "fd00:ec2::8.8.8.8"),
    ] {
        assert!(!allows(&[forged], Reach::Public, address).await, "{forged}");
    }
    assert!(!allows(&["fd00:ec2::192.0.0.170"], Reach::Private, "fd00:ec2::8.8.8.8").await);
}

#[tokio::test]
async fn a_discovered_prefix_prohibits_addresses_by_the_ones_inside() {
    // Their first bits make them global or unique local, but the IPv4 addresses inside are prohibited.
    for (shown, address, reach) in [
        ("2a00:64::192.0.0.170", "2a00:64::169.254.169.254", Reach::Public),
        ("2a00:64:c000:aa::", "2a00:64:a00:1::", Reach::Public),
        ("fd64::192.0.0.171", "fd64::169.254.169.254", Reach::Private),
    ] {
        assert!(!allows(&[shown], reach, address).await, "{address}");
        assert!(allows(&[], reach, address).await, "{address}, untranslated");
    }
    assert!(allows(&["fd64::192.0.0.171"], Reach::Private, "fd64::10.0.0.1").await);
}

#[tokio::test]
async fn the_network_is_asked_once_and_only_for_doubtful_addresses() {
    let (lookup, asked) = network(&["64:ff9b:1::192.0.0.170"]);
    let nat64 = Nat64::default();
    let guard = Guarded::new(lookup, nat64, Reach::Public);
    for address in ["8.8.8.8", "10.0.0.1", "2606:4700::1111", "fd00::1", "::1", "fe80::1"] {
        let _ = guard.judge(address.parse().unwrap()).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    for address in ["64:ff9b:1::808:808", "64:ff9b:1::a00:1", "2606:4700::a9fe:a9fe"] {
        let _ = guard.clone().judge(address.parse().unwrap()).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn only_the_permitted_addresses_of_a_name_are_dialed() {
    let addresses = ["169.254.169.254", "10.0.0.1", "64:ff9b::a00:1", "64:ff9b::808:808"];
    let found = move |count: usize| -> Lookup {
        let all = addresses[..count].iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443));
        let all: Vec<SocketAddr> = all.collect();
        Arc::new(move |_| Box::pin(std::future::ready(Ok(all.clone()))))
    };
    let name: Name = "host.example".parse().unwrap();
    let mut guard = Guarded::new(found(4), Nat64::default(), Reach::Public);
    let good: Vec<_> = guard.call(name.clone()).await.unwrap().collect();
    assert_eq!(good, ["[64:ff9b::808:808]:443".parse().unwrap()]);
    let mut guard = Guarded::new(found(3), Nat64::default(), Reach::Public);
    let error = guard.call(name).await.unwrap_err();
    assert!(error.to_string().starts_with("64:ff9b::a00:1 (NAT64 for 10.0.0.1), a private"));
}
