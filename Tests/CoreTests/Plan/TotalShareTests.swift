import Core
import Testing

@Suite("One budget for several files")
struct TotalShareTests {
    /// A clip whose loss halves with every so many times its bytes.
    private func demand(
        _ smallest: Int,
        _ largest: Int,
        cost: Double
    ) -> Demand {
        let points = Demand.steps(smallest: smallest, largest: largest).map { bytes in
            Demand.Point(bytes: bytes, similarity: 1 - 0.1 * cost / (cost + Double(bytes)))
        }
        return Demand(smallest: smallest, largest: largest, points: points)
    }

    private func similarity(_ bytes: Int, cost: Double) -> Double {
        1 - 0.1 * cost / (cost + Double(bytes))
    }

    @Test("all look equally good, and what is harder gets more")
    func equal() throws {
        let costs = [1e6, 4e6, 2e6]
        let demands = costs.map { demand(10_000, 100_000_000, cost: $0) }
        let shares = try #require(TotalShare.divide(14_000_000, among: demands))
        let likeness = zip(shares, costs).map { similarity($0, cost: $1) }
        #expect(likeness.max()! - likeness.min()! < 0.001)
        #expect(shares[1] > shares[2] && shares[2] > shares[0])
        let sum = shares.reduce(0, +)
        #expect(sum <= 14_000_000 && sum > 13_900_000)
    }

    @Test("who cannot use more leaves it to the others")
    func bounded() throws {
        let demands = [
            demand(1000, 50_000, cost: 1e6), demand(1000, 100_000_000, cost: 1e6),
        ]
        let shares = try #require(TotalShare.divide(2_000_000, among: demands))
        #expect(shares[0] == 50_000)
        #expect(shares[1] > 1_940_000 && shares[1] <= 1_950_000)
    }

    @Test("where all fit whole, all get all they can use")
    func plenty() {
        let demands = [demand(1000, 50_000, cost: 1e5), demand(1000, 70_000, cost: 1e5)]
        #expect(TotalShare.divide(1_000_000, among: demands) == [50_000, 70_000])
    }

    @Test("a total below the smallest that can be made is none")
    func tooSmall() {
        let demands = [demand(1000, 50_000, cost: 1e5), demand(2000, 70_000, cost: 1e5)]
        #expect(TotalShare.divide(2999, among: demands) == nil)
        #expect(TotalShare.divide(3000, among: demands) == [1000, 2000])
        #expect(TotalShare.divide(5, among: []) == [])
    }

    @Test("files of which nothing is known get the same for each pixel of each frame")
    func unknown() throws {
        let demands = [1e8, 3e8].map { Demand(smallest: 1000, largest: 1_000_000_000, units: $0) }
        let shares = try #require(TotalShare.divide(4_000_000, among: demands))
        let ratio = Double(shares[1]) / Double(shares[0])
        #expect(abs(ratio - 3) < 0.1)
        #expect(shares.reduce(0, +) <= 4_000_000)
    }

    @Test("a likeness that leaps or does not move at all still spends the total and no more")
    func leaps() throws {
        let flat = Demand(
            smallest: 1000,
            largest: 10_000_000,
            points: [
                .init(bytes: 1000, similarity: 0.5), .init(bytes: 10_000_000, similarity: 0.5),
            ]
        )
        let leaping = Demand(
            smallest: 1000,
            largest: 10_000_000,
            points: [
                .init(bytes: 1000, similarity: 0.1), .init(bytes: 5_000_000, similarity: 0.1),
                .init(bytes: 5_000_001, similarity: 0.9), .init(bytes: 10_000_000, similarity: 1),
            ]
        )
        for demands in [[flat, flat], [leaping, leaping], [flat, leaping], [flat]] {
            let shares = try #require(TotalShare.divide(6_000_000, among: demands))
            let sum = shares.reduce(0, +)
            #expect(sum <= 6_000_000 && sum > 5_990_000)
        }
    }

    @Test(
        "over random files it never exceeds the total, keeps every bound, and is the same every time"
    )
    func property() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let count = Int.random(in: 1...8, using: &random)
            let demands = (0..<count).map { _ -> Demand in
                let smallest = Int.random(in: 1...100_000, using: &random)
                let largest = smallest + Int.random(in: 0...10_000_000, using: &random)
                let points = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    Demand.Point(
                        bytes: Int.random(in: 1...20_000_000, using: &random),
                        similarity: Double.random(in: -0.5...1.5, using: &random)
                    )
                }
                return Demand(smallest: smallest, largest: largest, points: points)
            }
            let total = Int.random(in: 1...50_000_000, using: &random)
            let shares = TotalShare.divide(total, among: demands)
            #expect(shares == TotalShare.divide(total, among: demands))
            let least = demands.reduce(0) { $0 + $1.smallest }
            #expect((shares == nil) == (least > total))
            guard let shares else { continue }
            #expect(shares.reduce(0, +) <= total)
            for (share, demand) in zip(shares, demands) {
                #expect((demand.smallest...demand.largest).contains(share))
            }
        }
    }
}
