import Foundation

/// Requests over libcurl, each on a thread of its own.
///
/// Every function returns after its thread has finished with the connection, also when the task is
/// cancelled; that takes less than 200 ms in every phase. Proxies and certificates are those that
/// users of curl expect: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `CURL_CA_BUNDLE`, `SSL_CERT_FILE`,
/// `SSL_CERT_DIR`. Loopback is never reached through a proxy.
package struct Transfer: Sendable {
    /// How many times sooner than said limits run out; 1 but for tests of the limits themselves.
    ///
    /// Apart from `CloudClock.speed`, because a wait may be as short as one likes and a limit may
    /// not: what is held against it is work of two programs on a machine that may be busy.
    var limitSpeed: Double
    var userAgent: String
    var environment: [String: String]

    /// The library behind it, as `libcurl/7.88.1 OpenSSL/3.0.15 …`.
    package static var libraryVersion: String { libcurlVersion() }

    package init(
        limitSpeed: Double = 1,
        userAgent: String = "cinch",
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        (self.limitSpeed, self.userAgent) = (limitSpeed, userAgent)
        self.environment = environment
    }

    /// Sends the request and returns the whole answer, whatever its status; redirects are answers.
    ///
    /// `progress` is told about ten times a second what the other side has received of the body, on
    /// the transfer's thread. A refusal that comes while the body is still being sent is the
    /// answer too, even one that the connection did not survive.
    package func answer(
        to request: HTTPRequest,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(TransferError) -> HTTPResponse {
        let transfer = self
        return try await onThread { signal throws(TransferError) -> HTTPResponse in
            let wire = try Wire(request, transfer, Wire.Options(upload: progress))
            var answer = HTTPResponse(head: HTTPHead(status: 0, headers: [:]), body: [])
            let failure = wire.run(
                signal,
                onHead: { answer = HTTPResponse(head: $0, body: []) },
                onBytes: { bytes throws(TransferError) in
                    guard answer.body.count + bytes.count <= request.limits.answerBytes else {
                        throw TransferError(.tooLarge, "The answer is too large.")
                    }
                    answer.body += bytes
                    return true
                }
            )
            guard let failure else { return answer }
            // An early refusal counts, even one that the connection did not survive.
            guard case .files = request.body,
                wire.hasWholeAnswer
                    ? failure.kind == .cut || failure.kind == .stalled
                    : failure.kind == .cut && answer.head.status >= 400
            else { throw failure }
            return answer
        }
    }

    /// Sends the request and returns as soon as the head of the answer has come.
    package func stream(_ request: HTTPRequest) async throws(TransferError) -> HTTPStream {
        let transfer = self
        let handover = Handover()
        startThread {
            let end: Result<Void, TransferError>
            do throws(TransferError) {
                let wire = try Wire(request, transfer, Wire.Options())
                let failure = wire.run(
                    handover.signal,
                    onHead: { handover.put($0) },
                    onBytes: { handover.offer($0) }
                )
                end = failure.map { .failure($0) } ?? .success(())
            } catch {
                end = .failure(error)
            }
            handover.end(end)
        }
        do {
            return HTTPStream(head: try await handover.takeHead(), handover: handover)
        } catch {
            await handover.waitForEnd()
            throw error
        }
    }

    /// Runs blocking work on a thread of its own; returns after it has ended.
    func onThread<Value: Sendable>(
        _ work: @escaping @Sendable (TransferSignal) throws(TransferError) -> Value
    ) async throws(TransferError) -> Value {
        let signal = TransferSignal()
        let result: Result<Value, TransferError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                startThread {
                    let result: Result<Value, TransferError>
                    do throws(TransferError) {
                        result = .success(try work(signal))
                    } catch {
                        result = .failure(error)
                    }
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            signal.raise()
        }
        return try result.get()
    }

    private func startThread(_ work: @escaping @Sendable () -> Void) {
        let thread = Thread(block: work)
        thread.name = "cinch"
        thread.stackSize = 1 << 20
        thread.start()
    }
}

// MARK: What Wire asks

extension Transfer {
    /// How long a service has to say that it wants a large upload ("100 Continue") before it is sent
    /// unasked.
    ///
    /// A refusal is safe until then; later it can be lost with the connection, after many megabytes.
    static let permission = Duration.milliseconds(500)

    /// A limit in real time.
    func real(_ limit: Duration) -> Duration { limit / limitSpeed }

    /// The proxy to an address, "" for none, and the hosts that are reached without it.
    func proxy(to address: Address) -> (proxy: String, exceptions: String) {
        guard !address.isLoopback else { return ("", "") }
        return (
            variable("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") ?? "",
            variable("no_proxy", "NO_PROXY") ?? ""
        )
    }

    /// Certificates to trust instead of the system's.
    ///
    /// The tool curl reads these names; most builds of the library do not.
    var certificates: (file: String?, folder: String?) {
        (variable("CURL_CA_BUNDLE", "SSL_CERT_FILE"), variable("SSL_CERT_DIR"))
    }

    private func variable(_ names: String...) -> String? {
        names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
}

extension Duration {
    /// Whole milliseconds, at least one.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
