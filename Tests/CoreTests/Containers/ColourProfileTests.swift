import TestSupport
import Testing

@testable import Core

@Suite("What a colour profile says")
struct ColourProfileTests {
    @Test("the profiles that pictures have are told apart by their primaries and their curve")
    func known() {
        #expect(ColourProfile(SampleProfile.sRGB.bytes) == .sRGB)
        #expect(ColourProfile(SampleProfile.displayP3.bytes) == .wide(primaries: "smpte432"))
        #expect(ColourProfile(SampleProfile.adobeRGB.bytes) == .otherRGB)
        var gamma = SampleProfile.displayP3
        gamma.gamma = 1.8
        #expect(ColourProfile(gamma.bytes) == .otherRGB)
        var ink = SampleProfile.sRGB
        ink.space = "CMYK"
        #expect(ColourProfile(ink.bytes) == .otherSpace)
        ink.space = "GRAY"
        #expect(ColourProfile(ink.bytes) == .grey)
    }

    @Test("what is no profile, or a broken one, is not taken for one of the usual ones")
    func broken() {
        #expect(ColourProfile([]) == nil)
        #expect(ColourProfile([UInt8](repeating: 0, count: 4000)) == nil)
        let whole = SampleProfile.displayP3.bytes
        for count in stride(from: 0, to: whole.count, by: 7) {
            // What comes last is white, and the curve of blue.
            let cut = ColourProfile(Array(whole.prefix(count)))
            #expect(cut == nil || cut == .otherRGB || count >= whole.count - 38)
        }
    }
}
