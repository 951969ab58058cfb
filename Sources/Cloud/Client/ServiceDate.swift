import Foundation

/// Dates as the service may write them: ISO 8601, or seconds or milliseconds since 1970 (§1.4).
enum ServiceDate {
    /// Seconds since 1970; nil for what is no date.
    static func seconds(_ value: JSONValue) -> Double? {
        if let number = value.double {
            // Seconds reach this in the year 5138, milliseconds did in 1973.
            return number > 100_000_000_000 ? number / 1000 : number
        }
        guard let text = value.string else { return nil }
        for fractional in [false, true] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: fractional)
            for text in [text, text + "Z"] {
                if let date = try? Date(text, strategy: style) { return date.timeIntervalSince1970 }
            }
        }
        return nil
    }
}
