/// Numbers as Chinese writes them: `五百`, `二十五`, `一百零五`.
enum HanNumber {
    private static let digits: [Character: Int] = [
        "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
        "九": 9,
    ]
    private static let powers: [Character: Int] = ["十": 10, "百": 100, "千": 1000]

    static func isPart(_ character: Character) -> Bool {
        digits[character] != nil || powers[character] != nil
    }

    /// Nil for what is none, and for zero.
    static func value(_ text: some Sequence<Character>) -> Int? {
        var (total, digit, last, isAfterZero): (Int, Int?, Int, Bool) = (0, nil, 10_000, false)
        for character in text {
            if let power = powers[character] {
                guard power < last else { return nil }
                total += (digit ?? 1) * power
                (digit, last, isAfterZero) = (nil, power, false)
            } else if let value = digits[character] {
                guard digit == nil else { return nil }
                if value == 0 { isAfterZero = true } else { digit = value }
            } else {
                return nil
            }
        }
        if let digit {
            // 两百五 is 250.
            total += last > 10 && last < 10_000 && !isAfterZero ? digit * last / 10 : digit
        }
        return total > 0 ? total : nil
    }
}
