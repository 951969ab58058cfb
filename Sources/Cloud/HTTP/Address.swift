/// An address that may be talked to: `https`, or `http` to this machine.
///
/// It is taken apart by libcurl, which will use it: two readers of addresses could disagree about
/// where one leads.
struct Address: Equatable {
    let scheme: String
    /// As libcurl writes it: numbers of IPv4 in four parts, IPv6 in brackets.
    let host: String
    let port: String
    /// The whole address, written by libcurl.
    let url: String

    /// Refuses names and passwords in the address too.
    init(_ text: String) throws(TransferError) {
        guard !text.utf8.contains(0), let parts = addressParts(text) else {
            throw TransferError(.refusedAddress, "The address is not one that can be used.")
        }
        (scheme, host, port, url) = parts
        guard scheme == "https" || (scheme == "http" && isLoopback) else {
            throw TransferError(.refusedAddress, "The address is neither https nor this machine.")
        }
    }

    /// Whether it leads to this machine by its very form, whatever a resolver says.
    var isLoopback: Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Whether secrets for one may be shown to the other.
    func hasSameOrigin(as other: Address) -> Bool {
        scheme == other.scheme && port == other.port
            && host.lowercased() == other.host.lowercased()
    }
}
