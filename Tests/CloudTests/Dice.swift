/// Random numbers that are the same in each run.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[number(0..<elements.count)]
    }

    /// The bytes with a few of them changed, dropped, doubled or moved.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<number(1..<4) where !result.isEmpty {
            let place = number(0..<result.count)
            switch number(0..<5) {
            case 0: result[place] = UInt8(number(0..<256))
            case 1: result.remove(at: place)
            case 2: result.insert(result[number(0..<result.count)], at: place)
            case 3: result.removeSubrange(place...)
            default:
                let end = min(result.count, place + number(1..<9))
                result.append(contentsOf: result[place..<end])
            }
        }
        return result
    }
}
