/// Keeps an encoder of sound on its budget: after each packet, the rate that spends the rest evenly.
///
/// An encoder at an average rate misses it by a few hundredths, in both directions, and spends next to
/// nothing on silence. Asked anew for what is left over what is to come, it ends within a packet or two.
package struct SoundSteering: Sendable, Equatable {
    /// What the packets shall weigh together.
    package let budgetBytes: Int
    /// What they may weigh: beyond it the encode is of no use.
    package let limitBytes: Int
    /// How many there will be.
    package let packets: Int
    /// What the encoder is opened with, and what it is steered around.
    package let bitsPerSecond: Int
    private let packetsPerSecond: Double
    private var spent = 0
    private var done = 0
    /// What comes out for what is asked, as the last packets have shown.
    private var yield = 1.0

    /// How far from the rate that it was opened for an encoder is steered: its choice of what to leave
    /// out altogether is made then.
    private static let reach = 0.7...1.5

    package init(
        budgetBytes: Int,
        limitBytes: Int,
        packets: Int,
        bitsPerSecond: Int,
        packetsPerSecond: Double
    ) {
        self.budgetBytes = budgetBytes
        self.limitBytes = limitBytes
        self.packets = packets
        self.bitsPerSecond = bitsPerSecond
        self.packetsPerSecond = packetsPerSecond
    }

    /// Notes a finished packet.
    package mutating func add(bytes: Int) {
        let asked = Double(nextBitsPerSecond) / 8 / packetsPerSecond
        // Silence says nothing of what follows it.
        if Double(bytes) > asked / 4 {
            yield += (min(2, Double(bytes) / asked) - yield) / 64
        }
        spent += bytes
        done += 1
    }

    /// Whether it is over its limit already.
    package var isLost: Bool { spent > limitBytes }

    /// What to ask of the encoder now.
    package var nextBitsPerSecond: Int {
        let left = packets - done
        guard left > 0 else { return bitsPerSecond }
        let even = Double(budgetBytes - spent) * 8 * packetsPerSecond / Double(left) / yield
        let least = Double(bitsPerSecond) * Self.reach.lowerBound
        let most = Double(bitsPerSecond) * Self.reach.upperBound
        return max(1, Int(min(most, max(least, even))))
    }
}

/// Decides whether an encode of sound is the one, and how the next one goes: a few at the most.
package struct SoundLanding: Sendable {
    package enum Action: Sendable, Equatable {
        /// Encode for so many bytes of payload, opening the encoder for that rate.
        case encode(budgetBytes: Int, bitsPerSecond: Int)
        /// The largest that fitted is the one.
        case accept
        /// Nothing fits.
        case refuse
    }

    /// Each more encode of all the sound is time; what is left after these is below a hundredth.
    package static let mostAttempts = 4
    /// Filled is what has at least this share.
    private static let enough = 0.995
    /// With this share another encode after one that was too large does not pay.
    private static let good = 0.98

    private var roomBytes: Int
    private let ceilingBitsPerSecond: Int
    private let leastBitsPerSecond: Int
    private var budget: Int
    private var rate: Int
    private var attempts = 0
    private var best: Int?
    private var packetBytes = 1

    /// Before the first encode.
    ///
    /// Parameters:
    ///   - roomBytes: what all packets together may weigh.
    ///   - bitsPerSecond: what the plan foresees.
    ///   - ceilingBitsPerSecond: more is never asked for.
    package init(
        roomBytes: Int,
        bitsPerSecond: Int,
        ceilingBitsPerSecond: Int,
        leastBitsPerSecond: Int = 4000
    ) {
        self.roomBytes = roomBytes
        self.ceilingBitsPerSecond = max(ceilingBitsPerSecond, leastBitsPerSecond)
        self.leastBitsPerSecond = leastBitsPerSecond
        rate = bitsPerSecond
        budget = roomBytes
    }

    /// The first encode.
    ///
    /// `packets`: how many there will be; half of an average one is kept back.
    package mutating func start(packets: Int) -> Action {
        packetBytes = roomBytes / max(1, packets)
        budget = max(1, roomBytes - max(8, packetBytes / 2))
        return .encode(budgetBytes: budget, bitsPerSecond: rate)
    }

    /// What follows from an encode's size.
    ///
    /// Parameters:
    ///   - bytes: its payload; what it would have become where it was given up.
    ///   - roomBytes: what all packets together may weigh, as the file with these has shown.
    ///   - fits: whether the file with it is within the limit.
    package mutating func record(bytes: Int, roomBytes: Int, fits: Bool) -> Action {
        attempts += 1
        budget = min(budget, max(1, roomBytes - (self.roomBytes - budget)))
        self.roomBytes = roomBytes
        if fits {
            best = max(best ?? 0, bytes)
            // Of a second of sound a packet is more than a hundredth.
            let isFull =
                Double(bytes) >= Double(roomBytes) * Self.enough || bytes >= budget - packetBytes
            // Silence takes no more bytes however many it is given.
            if isFull || rate >= ceilingBitsPerSecond || attempts >= Self.mostAttempts {
                return .accept
            }
            let before = rate
            let factor = Double(roomBytes) / Double(max(1, bytes))
            rate = min(ceilingBitsPerSecond, Int(Double(rate) * min(2.5, factor * 1.005)))
            if rate <= before { return .accept }
            return .encode(budgetBytes: budget, bitsPerSecond: rate)
        }
        let isGood = Double(best ?? 0) >= Double(roomBytes) * Self.good
        guard attempts < Self.mostAttempts, !isGood else {
            return best == nil ? .refuse : .accept
        }
        let over = max(0, bytes - roomBytes)
        budget = max(1, budget - over - over / 4 - 32)
        let factor = Double(roomBytes) / Double(max(1, max(bytes, roomBytes + 1)))
        let before = rate
        rate = max(leastBitsPerSecond, Int(Double(rate) * min(0.98, factor)))
        if rate == before, over == 0 { return best == nil ? .refuse : .accept }
        return .encode(budgetBytes: budget, bitsPerSecond: rate)
    }
}
