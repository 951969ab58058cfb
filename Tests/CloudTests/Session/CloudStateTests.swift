import Testing

@testable import Cloud

@Suite struct CloudStateTests {
    private let draft =
        #"{"t":[{"tt":0,"sg":[{"d":1.0e4,"x":12345678901234567890}]}] ,"é":"\u00e9"}"#

    private func state(_ text: String) throws -> CloudState {
        CloudState(data: try JSONDocument(Array(text.utf8)).root)
    }

    private func quoted(_ text: String) -> String {
        String(decoding: JSONText.string(text).bytes, as: UTF8.self)
    }

    @Test("a state is the same with a level of its own, without, and as a string")
    func levels() throws {
        let inner = #"{"draft":\#(draft),"video_infos":[{},{}],"generated_media":[{}]}"#
        for text in [inner, #"{"state":\#(inner)}"#, #"{"state":\#(quoted(inner))}"#] {
            let state = try state(text)
            #expect(state.draftBytes == Array(draft.utf8))
            #expect(state.timeline?.tracks.count == 1)
            #expect(state.videoInfos.count == 2 && state.generatedMediaCount == 1)
            #expect(state.isReadyForExport)
        }
    }

    @Test("a draft that is a string is read inside and kept as the string that came")
    func draftAsString() throws {
        let state = try state(#"{"state":{"draft":\#(quoted(draft))}}"#)
        #expect(state.timeline?.summary == "Timeline (1 track): 1. Video (0-10s)")
        #expect(state.draftBytes == Array(quoted(draft).utf8))
    }

    @Test("an XML draft is kept untouched, has no line of tracks, and is ready if it has a clip")
    func xmlDraft() throws {
        let xml = #"<draft fps="30"><track><clip in="0" out="10"/></track></draft>"#
        let state = try state(#"{"draft":\#(quoted(xml))}"#)
        #expect(state.timeline == nil)
        #expect(state.isReadyForExport)
        #expect(state.draftBytes == Array(quoted(xml).utf8))
        #expect(try !self.state(#"{"draft":"<draft/>"}"#).isReadyForExport)
    }

    @Test(
        "no draft in any shape",
        arguments: [
            #"{"draft":null}"#, "{}", #"{"draft":{}}"#, #"{"draft":""}"#, #"{"draft":"{}"}"#,
            #"{"draft":"null"}"#, #"{"draft":[]}"#, #"{"draft":5}"#, "[]", "null", "\"x\"",
            #"{"state":null}"#, #"{"state":"{"}"#, #"{"state":[]}"#,
        ]
    )
    func noDraft(text: String) throws {
        let state = try state(text)
        #expect(state.draft == nil && state.draftBytes == nil && !state.isReadyForExport)
    }

    @Test("lists may be objects, ids numbers, sizes from the canvas or from the draft")
    func tolerance() throws {
        let one = try state(
            #"{"task_id":7,"user_id":"anon_1","state":{"generated_media":{"a":{},"b":{}},"video_infos":{"c":{}},"canvas_config":{"width":1080,"height":"1920"}}}"#
        )
        #expect(one.generatedMediaCount == 2 && one.videoInfos.count == 1)
        #expect(one.taskID == "7" && one.bindID == "anon_1")
        #expect(one.width == 1080 && one.height == 1920)
        let two = try state(#"{"state":{"draft":{"m":{"width":640,"height":360}},"bind_id":"b"}}"#)
        #expect(two.width == 640 && two.height == 360 && two.bindID == "b")
    }

    @Test("media and size count as changes, and so does what has no words")
    func differences() throws {
        func difference(_ old: String, _ new: String) throws -> [String] {
            let (old, new) = (try state(old), try state(new))
            let sentences = CloudState.difference(from: old, to: new)
            #expect(sentences.isEmpty == (old.fingerprint == new.fingerprint))
            return sentences
        }
        #expect(
            try difference("{}", #"{"video_infos":[{}]}"#) == ["A clip was added to the media."]
        )
        #expect(
            try difference(#"{"video_infos":[{},{}]}"#, "{}") == [
                "2 clips were removed from the media."
            ]
        )
        #expect(
            try difference("{}", #"{"generated_media":[{},{}]}"#)
                == ["2 new pieces of media were generated."]
        )
        #expect(
            try difference(
                #"{"canvas_config":{"width":1920,"height":1080}}"#,
                #"{"canvas_config":{"width":1080,"height":1920}}"#
            ) == ["The picture is now 1080×1920 instead of 1920×1080."]
        )
        #expect(
            try difference(#"{"draft":{"t":[],"fx":1}}"#, #"{"draft":{"t":[],"fx":2}}"#)
                == ["The project changed, in details that have no words here."]
        )
        #expect(
            try difference(#"{"draft":"<draft a/>"}"#, #"{"draft":"<draft b/>"}"#)
                == ["The project changed, in details that have no words here."]
        )
        #expect(try difference(#"{"draft":{"t":[],"d":1.0}}"#, #"{"draft":{"d":1,"t":[]}}"#) == [])
    }
}
