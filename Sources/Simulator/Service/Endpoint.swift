import Foundation

/// What the service and its file host can be asked, by the sections of the specification.
package enum Endpoint: String, Sendable, CaseIterable {
    /// `POST /api/auth/anonymous-token` (§2.1).
    case anonymousToken
    /// `POST /api/tasks/me/with-session/nemo_agent` (§3).
    case withSession
    /// `POST /api/auth/claim-token` (§3.1).
    case claimToken
    /// `POST /run_sse` (§4).
    case runSSE
    /// `POST /api/upload-video/nemo_agent/me/<sid>` (§5).
    case upload
    /// `GET /api/credits/balance/simple` (§6).
    case credits
    /// `GET /api/state/nemo_agent/me/<sid>/latest` (§7).
    case state
    /// `POST /api/render/proxy/lambda` (§9.2).
    case renderSubmit
    /// `GET /api/render/proxy/lambda/<id>` (§9.3).
    case renderPoll
    /// `POST /api/render/proxy/lambda/<id>/cancel` (§9.4).
    case renderCancel
    /// `GET /api/render/proxy/<id>/download`, the way around a missing file address (§9.4).
    case renderDownload
    /// Any file of the file host.
    case file
}

/// A request's path, understood.
struct Route: Sendable, Equatable {
    var endpoint: Endpoint
    /// The session or the render that the path names; empty where it names none.
    var id = ""

    /// Why there is nothing at a path.
    enum Missing: Error, Equatable {
        case path
        case method
    }

    /// Reads a method and a path of the service.
    static func of(_ method: String, _ path: String) throws(Missing) -> Route {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map(String.init)
        let (expected, route) = try at(parts)
        guard method == expected else { throw .method }
        return route
    }

    private static func at(_ parts: [String]) throws(Missing) -> (String, Route) {
        switch parts.count {
        case 1 where parts == ["run_sse"]: return ("POST", Route(endpoint: .runSSE))
        case 3 where parts == ["api", "auth", "anonymous-token"]:
            return ("POST", Route(endpoint: .anonymousToken))
        case 3 where parts == ["api", "auth", "claim-token"]:
            return ("POST", Route(endpoint: .claimToken))
        case 5 where parts == ["api", "tasks", "me", "with-session", "nemo_agent"]:
            return ("POST", Route(endpoint: .withSession))
        case 4 where parts == ["api", "credits", "balance", "simple"]:
            return ("GET", Route(endpoint: .credits))
        case 5 where parts.starts(with: ["api", "upload-video", "nemo_agent", "me"]):
            return ("POST", Route(endpoint: .upload, id: try id(parts[4])))
        case 6
        where parts.starts(with: ["api", "state", "nemo_agent", "me"])
            && parts[5] == "latest":
            return ("GET", Route(endpoint: .state, id: try id(parts[4])))
        case 4 where parts == ["api", "render", "proxy", "lambda"]:
            return ("POST", Route(endpoint: .renderSubmit))
        case 5 where parts.starts(with: ["api", "render", "proxy", "lambda"]):
            return ("GET", Route(endpoint: .renderPoll, id: try id(parts[4])))
        case 6
        where parts.starts(with: ["api", "render", "proxy", "lambda"])
            && parts[5] == "cancel":
            return ("POST", Route(endpoint: .renderCancel, id: try id(parts[4])))
        case 5 where parts.starts(with: ["api", "render", "proxy"]) && parts[4] == "download":
            return ("GET", Route(endpoint: .renderDownload, id: try id(parts[3])))
        default: throw .path
        }
    }

    private static func id(_ part: String) throws(Missing) -> String {
        guard let id = part.removingPercentEncoding, !id.isEmpty else { throw .path }
        return id
    }
}
