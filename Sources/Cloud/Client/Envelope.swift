/// An answer out of its envelope (§1.5).
package struct Answer: Sendable {
    /// The whole body, for the few fields that may stand outside the payload.
    package var root: JSONValue
    /// `data` where there is one, else the whole body.
    package var payload: JSONValue

    /// Takes an answer out of whichever of the shapes E1 to E6 it came in.
    ///
    /// - Throws: what the service refused with, by its own code or by the status; `.malformed` for
    ///   a success that is no JSON; `.captivePortal` where a page or a redirection came instead.
    package init(_ response: HTTPResponse, for step: CloudError.Step) throws(CloudError) {
        let status = response.head.status
        if (300..<400).contains(status) || status == 511 {
            throw CloudError(.captivePortal, step, detail: "HTTP \(status)")
        }
        let body = response.body.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard (200..<300).contains(status) || !body.isEmpty else {
            throw CloudError(Self.kind(ofStatus: status), step)
        }
        // A body on success may be absent: what was asked for is done (§18).
        let document = try? JSONDocument(body.isEmpty ? Array("null".utf8) : response.body)
        guard let root = document?.root else {
            if status >= 400 { throw CloudError(Self.kind(ofStatus: status), step) }
            let isPage =
                body.first == UInt8(ascii: "<")
                || response.head.headers["content-type"]?.lowercased().contains("html") == true
            throw CloudError(isPage ? .captivePortal : .malformed, step)
        }
        if let problem = Self.problem(in: root, status: status, for: step) { throw problem }
        self.root = root
        payload =
            if let data = root["data"], data.kind == .object || data.kind == .array {
                data
            } else {
                root
            }
    }

    /// The payload as an object with at least one of these members; with `mayBeEmpty` also `data`
    /// without any.
    ///
    /// An envelope that says success and holds nothing would else be read as an empty project, or as
    /// credits that are used up.
    func object(
        with keys: [String],
        mayBeEmpty: Bool = false,
        for step: CloudError.Step
    ) throws(CloudError) -> JSONValue {
        let isEmptyData = mayBeEmpty && root["data"]?.kind == .object
        guard payload.kind == .object, isEmptyData || keys.contains(where: { payload[$0] != nil })
        else { throw CloudError(.malformed, step) }
        return payload
    }

    /// The refusal that a body or its status says; nil for success.
    private static func problem(
        in root: JSONValue,
        status: Int,
        for step: CloudError.Step
    ) -> CloudError? {
        let detail = words(in: root) ?? ""
        let code = root["code"]?.int ?? (root["error"]?["code"]?.int)
        let hasCode = root["code"].map { !$0.isNull } ?? false
        if let code, code != 0, hasCode || root["success"]?.bool == false {
            return CloudError(kind(ofCode: code, status: status), step, detail: detail)
        }
        if status >= 400 { return CloudError(kind(ofStatus: status), step, detail: detail) }
        if root["success"]?.bool == false {
            return CloudError(.refused(code: 0), step, detail: detail)
        }
        // FastAPI's form of an error, should it come with a success status.
        if let members = root.object, members.count == 1, members[0].key == "detail" {
            return CloudError(.refused(code: status), step, detail: detail)
        }
        // A code that is neither a number nor absent is nothing that the service would say.
        if hasCode, code == nil { return CloudError(.malformed, step) }
        return nil
    }

    /// The service's own words for an error, under any of their names (§17).
    static func words(in root: JSONValue) -> String? {
        for key in ["message", "msg", "detail", "error", "errorMessage"] {
            guard let value = root[key] else { continue }
            if let text = value.string, !text.isEmpty { return text }
            if let first = value.array?.first, let text = first["msg"]?.string { return text }
            if value.kind == .object, let text = words(in: value) { return text }
        }
        return nil
    }

    /// What a code means (§10.1); where it is none of the service's own, the status decides.
    static func kind(ofCode code: Int64, status: Int) -> CloudError.Kind {
        switch code {
        case 1001, 1010, 1011: .tokenRejected(isFromEnvironment: false)
        case 1002: .sessionUnknown
        case 2001: .outOfCredits(isAnonymous: true)
        case 4001: .unsupportedByService
        case 4002: .tooLargeForService
        case 400..<600: kind(ofStatus: Int(code))
        default: status >= 400 ? kind(ofStatus: status) : .refused(code: Int(clamping: code))
        }
    }

    static func kind(ofStatus status: Int) -> CloudError.Kind {
        switch status {
        case 401: .tokenRejected(isFromEnvironment: false)
        case 402: .planRequired
        case 403: .forbidden
        case 404: .notFound
        case 407: .proxy
        case 413: .tooLargeForService
        case 415: .unsupportedByService
        case 429: .rateLimited(isToken: false)
        case 408, 500...: .service(status: status)
        default: .refused(code: status)
        }
    }
}
