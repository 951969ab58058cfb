import Foundation

/// A request as the simulator saw it, secrets replaced by names such as `token 1`.
package struct Recorded: Sendable, Equatable {
    package enum Port: Sendable {
        case service
        case files
    }

    /// From 1, over both ports.
    package var number: Int
    package var port: Port
    /// The connection it came on, from 1.
    package var connection: Int
    package var method: String
    /// Query included.
    package var path: String
    /// Nil where there is nothing at the path.
    package var endpoint: Endpoint?
    package var headers: [Header]
    /// A JSON body; nil for anything else.
    package var body: String?
    package var parts: [Part] = []
    package var bodyBytes = 0
    /// The status that was answered; nil where none was.
    package var status: Int?
    /// When it came, in the service's time since its start.
    package var time: Duration

    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// A part of a form.
    package struct Part: Sendable, Equatable {
        package var name: String
        package var filename: String?
        package var mediaType: String?
        package var bytes: Int
    }

    /// The value of a header, its name given in lower case.
    package subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header }?.value
    }
}

/// What was asked and what should not have been.
struct Journal: Sendable {
    private(set) var requests: [Recorded] = []
    private(set) var violations: [String] = []
    /// Secrets and the names that stand for them.
    private var names: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// Every token, claim token and client id that was seen or given out.
    var secrets: [String] { Array(names.keys) }

    /// From now on this text is written as its kind and a number.
    ///
    /// A text shorter than four characters would be found in everything and is no secret.
    mutating func hide(_ secret: String, as kind: String) {
        guard secret.count >= 4, names[secret] == nil else { return }
        counts[kind, default: 0] += 1
        names[secret] = "\(kind) \(counts[kind, default: 0])"
    }

    func redacted(_ text: String) -> String {
        names.reduce(text) { $0.replacingOccurrences(of: $1.key, with: "<\($1.value)>") }
    }

    mutating func violate(_ what: String) {
        violations.append(redacted(what))
    }

    /// Notes a request; its number.
    mutating func record(
        _ head: RequestHead,
        port: Recorded.Port,
        endpoint: Endpoint?,
        connection: Int,
        time: Duration
    ) -> Int {
        if let id = head["x-client-id"] { hide(id, as: "client") }
        if let value = head["authorization"], let word = value.split(separator: " ").last {
            hide(String(word), as: "unknown token")
        }
        requests.append(
            Recorded(
                number: requests.count + 1,
                port: port,
                connection: connection,
                method: head.method,
                path: redacted(head.target),
                endpoint: endpoint,
                headers: head.headers.map { .init(name: $0.name, value: redacted($0.value)) },
                time: time
            )
        )
        return requests.count
    }

    mutating func note(_ number: Int, _ change: (inout Recorded) -> Void) {
        change(&requests[number - 1])
    }
}
