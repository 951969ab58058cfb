/// Reads numbers from their text, because a Double holds no 19-digit id.
enum JSONNumber {
    /// The value of a number as JSON writes it, if it is whole and fits: `12`, `12.0` and `1.2e1`
    /// are 12, `12.5` and `1e30` are nil.
    static func exactInteger(_ text: String) -> Int64? {
        if let value = Int64(text), isNumber(text) { return value }
        guard let parts = Parts(text) else { return nil }
        let (digits, exponent) = parts.shortest
        if digits.isEmpty { return 0 }
        guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
        let sign = parts.isNegative ? "-" : ""
        let all = String(decoding: digits, as: UTF8.self)
        return Int64(sign + all + String(repeating: "0", count: exponent))
    }

    /// The one spelling of all texts with the same value: `1.50` and `15e-1` are both `15e-1`.
    static func canonical(_ text: String) -> String {
        guard let parts = Parts(text) else { return text }
        let (digits, exponent) = parts.shortest
        if digits.isEmpty { return "0" }
        let sign = parts.isNegative ? "-" : ""
        let all = String(decoding: digits, as: UTF8.self)
        return sign + all + (exponent == 0 ? "" : "e\(exponent)")
    }

    /// Whether the text is a number as JSON writes one; `0x10`, `inf` and `+1` are not.
    static func isNumber(_ text: String) -> Bool { Parts(text) != nil }

    private struct Parts {
        var isNegative = false
        var whole: [UInt8]
        var fraction: [UInt8] = []
        var exponent = 0

        init?(_ text: String) {
            var rest = Array(text.utf8)[...]
            if rest.first == UInt8(ascii: "-") {
                isNegative = true
                rest.removeFirst()
            }
            whole = Self.digits(&rest)
            guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else {
                return nil
            }
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                fraction = Self.digits(&rest)
                if fraction.isEmpty { return nil }
            }
            if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
                rest.removeFirst()
                var sign = 1
                if let character = rest.first,
                    character == UInt8(ascii: "-") || character == UInt8(ascii: "+")
                {
                    sign = character == UInt8(ascii: "-") ? -1 : 1
                    rest.removeFirst()
                }
                let digits = Self.digits(&rest)
                if digits.isEmpty { return nil }
                // Larger exponents than this are out of every range anyway.
                let size = Int(String(decoding: digits, as: UTF8.self)) ?? 1_000_000
                exponent = sign * min(size, 1_000_000)
            }
            guard rest.isEmpty else { return nil }
        }

        /// All digits without zeros at either end, and the power of ten they are to be taken with;
        /// no digits for zero.
        var shortest: (digits: ArraySlice<UInt8>, exponent: Int) {
            let zero = UInt8(ascii: "0")
            var digits = (whole + fraction).drop { $0 == zero }
            var power = exponent - fraction.count
            while digits.last == zero {
                digits.removeLast()
                power += 1
            }
            return (digits, power)
        }

        private static func digits(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
            let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
            rest = rest.dropFirst(digits.count)
            return Array(digits)
        }
    }
}
