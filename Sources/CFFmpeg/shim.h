// The FFmpeg libraries as Swift sees them: their headers, and what Swift cannot import or what
// moved between FFmpeg 5.1 and 8. Swift code reads a field that moved only through its accessor.
#ifndef CINCH_CFFMPEG_SHIM_H
#define CINCH_CFFMPEG_SHIM_H

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/version.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Macros that Swift does not import: casts, FourCCs and compound literals.
static const int cinch_error_eof = AVERROR_EOF;
static const int cinch_error_exit = AVERROR_EXIT;
static const int cinch_error_invalid_data = AVERROR_INVALIDDATA;
static const int cinch_error_again = AVERROR(EAGAIN);
static const int64_t cinch_no_pts = AV_NOPTS_VALUE;
static const int cinch_input_buffer_padding = AV_INPUT_BUFFER_PADDING_SIZE;

// AVERROR() and AVUNERROR() are function-like macros.
static inline int cinch_averror(int posix) { return AVERROR(posix); }
static inline int cinch_posix_error(int averror) { return AVUNERROR(averror); }

// The versions that this program was compiled with; the libraries' own functions tell the ones it runs with.
static const unsigned cinch_built_avformat = LIBAVFORMAT_VERSION_INT;
static const unsigned cinch_built_avcodec = LIBAVCODEC_VERSION_INT;
static const unsigned cinch_built_avfilter = LIBAVFILTER_VERSION_INT;
static const unsigned cinch_built_swscale = LIBSWSCALE_VERSION_INT;
static const unsigned cinch_built_swresample = LIBSWRESAMPLE_VERSION_INT;
static const unsigned cinch_built_avutil = LIBAVUTIL_VERSION_INT;

// FF_PROFILE_* became AV_PROFILE_* in FFmpeg 6.1 and the old names are gone in 8.
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 26, 100)
#include <libavcodec/defs.h>
static const int cinch_profile_aac_low = AV_PROFILE_AAC_LOW;
static const int cinch_profile_h264_constrained_baseline = AV_PROFILE_H264_CONSTRAINED_BASELINE;
static const int cinch_profile_h264_baseline = AV_PROFILE_H264_BASELINE;
static const int cinch_profile_h264_main = AV_PROFILE_H264_MAIN;
static const int cinch_profile_h264_high = AV_PROFILE_H264_HIGH;
#else
static const int cinch_profile_aac_low = FF_PROFILE_AAC_LOW;
static const int cinch_profile_h264_constrained_baseline = FF_PROFILE_H264_CONSTRAINED_BASELINE;
static const int cinch_profile_h264_baseline = FF_PROFILE_H264_BASELINE;
static const int cinch_profile_h264_main = FF_PROFILE_H264_MAIN;
static const int cinch_profile_h264_high = FF_PROFILE_H264_HIGH;
#endif

// AVFrame.pkt_duration became AVFrame.duration in FFmpeg 6.0 and is gone in 7.
static inline int64_t cinch_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

static inline void cinch_frame_set_duration(AVFrame *frame, int64_t duration) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    frame->duration = duration;
#else
    frame->pkt_duration = duration;
#endif
}

// AVFrame.interlaced_frame became a flag in FFmpeg 6.1 and is gone in 8.
static inline int cinch_frame_is_interlaced(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
    return frame->interlaced_frame;
#endif
}

// Whether the decoder concealed damage in this frame.
static inline int cinch_frame_is_damaged(const AVFrame *frame) {
    return frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

// Stream side data moved into AVCodecParameters in FFmpeg 6.1; the old function is gone in 8.
// Returns it, or NULL where there is none or less than `least` bytes of it.
static inline const void *cinch_stream_side_data(
    const AVStream *stream, enum AVPacketSideDataType type, size_t least) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
    const AVPacketSideData *side = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
    return side && side->size >= least ? side->data : NULL;
#else
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(stream, type, &size);
    return data && size >= least ? data : NULL;
#endif
}

// The 3x3 display matrix (9 x int32_t) or NULL.
static inline const int32_t *cinch_stream_display_matrix(const AVStream *stream) {
    return (const int32_t *)cinch_stream_side_data(
        stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
}

// The Dolby Vision profile of a picture whose base layer is in colours of Dolby's own (profile 5:
// its compatibility is 0), or 0 for every other picture.
static inline int cinch_stream_dolby_only_profile(const AVStream *stream) {
    const AVDOVIDecoderConfigurationRecord *record =
        (const AVDOVIDecoderConfigurationRecord *)cinch_stream_side_data(
            stream, AV_PKT_DATA_DOVI_CONF, 8);
    return record && record->dv_bl_signal_compatibility_id == 0 ? record->dv_profile : 0;
}

// Copies the display matrix from an input stream to an output stream, where there is one.
static inline void cinch_copy_display_matrix(AVStream *to, const AVStream *from) {
    const int32_t *matrix = cinch_stream_display_matrix(from);
    if (!matrix) return;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
    AVPacketSideData *side = av_packet_side_data_new(
        &to->codecpar->coded_side_data, &to->codecpar->nb_coded_side_data,
        AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t), 0);
    if (side) memcpy(side->data, matrix, 9 * sizeof(int32_t));
#else
    uint8_t *data = av_stream_new_side_data(to, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
    if (data) memcpy(data, matrix, 9 * sizeof(int32_t));
#endif
}

// Copies 4:2:0 planes into a frame's own buffers; AVFrame.data is a fixed array, a tuple in Swift.
static inline void cinch_copy_planes(AVFrame *to, uint8_t *const planes[4], const int strides[4]) {
    const uint8_t *from[4] = {planes[0], planes[1], planes[2], planes[3]};
    av_image_copy(to->data, to->linesize, from, strides, (enum AVPixelFormat)to->format, to->width, to->height);
}

// Copies a frame's planes into one tight buffer; the number of bytes, or an AVERROR.
static inline int cinch_pack_planes(const AVFrame *frame, uint8_t *buffer, int size) {
    return av_image_copy_to_buffer(buffer, size, (const uint8_t *const *)frame->data, frame->linesize,
                                   (enum AVPixelFormat)frame->format, frame->width, frame->height, 1);
}

// The opposite: fills a frame's own buffers from a tight one.
static inline int cinch_unpack_planes(AVFrame *frame, const uint8_t *buffer) {
    uint8_t *planes[4];
    int strides[4];
    int status = av_image_fill_arrays(planes, strides, buffer, (enum AVPixelFormat)frame->format,
                                      frame->width, frame->height, 1);
    if (status >= 0) cinch_copy_planes(frame, planes, strides);
    return status;
}

static inline void cinch_free_block(void *opaque, uint8_t *data) {
    (void)opaque;
    free(data);
}

// A block for many frames, in huge pages where the system has them: touching four gigabytes for the first time takes
// a second or more of processor time in pages of 4 KiB. NULL where there is no memory.
static inline AVBufferRef *cinch_block(size_t size) {
    void *data = NULL;
    // Vector instructions may read a little beyond the last line.
    if (posix_memalign(&data, 2 << 20, size + 4096) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    // No more than advice: without it the pages are small.
    (void)madvise(data, size, MADV_HUGEPAGE);
#endif
    AVBufferRef *block = av_buffer_create((uint8_t *)data, size, cinch_free_block, NULL, 0);
    if (!block) free(data);
    return block;
}

// Bytes of such a frame in a block: its lines begin where vector instructions want them.
static inline int cinch_block_bytes(const AVFrame *frame) {
    return av_image_get_buffer_size((enum AVPixelFormat)frame->format, frame->width, frame->height, 64);
}

// A copy of a frame that lives in a block, which it keeps alive. NULL where there is no memory.
static inline AVFrame *cinch_copy_into_block(const AVFrame *frame, AVBufferRef *block, size_t offset) {
    AVFrame *copy = av_frame_alloc();
    if (!copy) return NULL;
    copy->format = frame->format;
    copy->width = frame->width;
    copy->height = frame->height;
    copy->buf[0] = av_buffer_ref(block);
    if (!copy->buf[0]
        || av_image_fill_arrays(copy->data, copy->linesize, block->data + offset, (enum AVPixelFormat)frame->format,
                                frame->width, frame->height, 64) < 0
        || av_frame_copy(copy, frame) < 0 || av_frame_copy_props(copy, frame) < 0)
        av_frame_free(&copy);
    return copy;
}

// The quantizer of an encoded picture, from the encoder's side data in lambda units; -1 if absent.
// Layout: doc of AV_PKT_DATA_QUALITY_STATS in libavcodec/packet.h (first little-endian u32).
static inline int cinch_packet_quality(const AVPacket *packet) {
    size_t size = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_QUALITY_STATS, &size);
    if (!data || size < 8) return -1;
    return (int)((uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24);
}

// AVIOInterruptCB is set through a struct of a function pointer and an opaque value; one call keeps
// the pair consistent.
static inline void cinch_set_interrupt(AVFormatContext *context, int (*callback)(void *), void *opaque) {
    context->interrupt_callback.callback = callback;
    context->interrupt_callback.opaque = opaque;
}

// Whatever a demuxer asks for besides the file that it was given.
static inline int cinch_open_nothing(AVFormatContext *context, AVIOContext **io, const char *url, int flags,
                                     AVDictionary **options) {
    (void)context, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR_PROTOCOL_NOT_FOUND;
}

// Opens one file for a demuxer, and nothing else whatever is written in it. The demuxer sees `hint`
// and not the file's name, so that no pattern or address in a name means anything. On failure
// everything is freed and *context is NULL.
static inline int cinch_open_input(AVFormatContext **context, const char *url, const char *hint,
                                   AVDictionary **options) {
    AVIOContext *io = NULL;
    AVDictionary *protocols = NULL;
    int status = av_dict_set(&protocols, "protocol_whitelist", "file", 0);
    if (status >= 0) status = avio_open2(&io, url, AVIO_FLAG_READ, &(*context)->interrupt_callback, &protocols);
    av_dict_free(&protocols);
    if (status < 0) {
        avformat_free_context(*context);
        *context = NULL;
        return status;
    }
    (*context)->pb = io;
    (*context)->io_open = cinch_open_nothing;
    status = avformat_open_input(context, hint, NULL, options);
    if (status < 0) avio_closep(&io);
    return status;
}

// Frees an encoder with the matrices that it was given.
static inline void cinch_free_encoder(AVCodecContext **context) {
    // avcodec_free_context leaves this one to whoever allocated it.
    if (*context) av_freep(&(*context)->chroma_intra_matrix);
    avcodec_free_context(context);
}

// Closes both; libavformat leaves alone what it did not open.
static inline void cinch_close_input(AVFormatContext **context) {
    AVIOContext *io = *context ? (*context)->pb : NULL;
    avformat_close_input(context);
    avio_closep(&io);
}

// avformat_find_stream_info decodes first frames with decoders of its own: each gets the limit.
static inline int cinch_find_stream_info(AVFormatContext *context, int64_t pixels) {
    unsigned count = context->nb_streams;
    AVDictionary **options = av_calloc(count + 1, sizeof(*options));
    if (!options) return AVERROR(ENOMEM);
    for (unsigned i = 0; i < count; i++) av_dict_set_int(&options[i], "max_pixels", pixels, 0);
    int status = avformat_find_stream_info(context, options);
    for (unsigned i = 0; i < count; i++) av_dict_free(&options[i]);
    av_free(options);
    return status;
}

// AV_PIX_FMT_FLAG_* and component depth live in a descriptor with a fixed-size array, a tuple in Swift.
static inline int cinch_pixel_format_depth(int format) {
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get((enum AVPixelFormat)format);
    return d ? d->comp[0].depth : 0;
}
static inline int cinch_pixel_format_is_rgb(int format) {
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get((enum AVPixelFormat)format);
    return d && (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

static inline int cinch_pixel_format_has_alpha(int format) {
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get((enum AVPixelFormat)format);
    return d && (d->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
}

// An entry of the container's index; 0 where there is none, or it is not about a packet to be shown.
static inline int cinch_index_entry(AVStream *stream, int index, int64_t *time, int *bytes, int *is_key) {
    const AVIndexEntry *entry = avformat_index_get_entry(stream, index);
    if (!entry || entry->flags & AVINDEX_DISCARD_FRAME) return 0;
    *time = entry->timestamp;
    *bytes = entry->size;
    *is_key = (entry->flags & AVINDEX_KEYFRAME) != 0;
    return 1;
}

// AVFormatContext.streams is a C array of pointers; an out-of-range index yields NULL instead of a crash.
static inline AVStream *cinch_stream(const AVFormatContext *context, int index) {
    return index >= 0 && (unsigned)index < context->nb_streams ? context->streams[index] : NULL;
}

// AVFormatContext.chapters is a C array of pointers, like streams.
static inline AVChapter *cinch_chapter(const AVFormatContext *context, int index) {
    return index >= 0 && (unsigned)index < context->nb_chapters ? context->chapters[index] : NULL;
}

// Adds a chapter to an output, in microseconds; avformat_free_context frees it.
static inline int cinch_add_chapter(AVFormatContext *context, int64_t start, int64_t end, const char *title) {
    AVChapter *chapter = (AVChapter *)av_mallocz(sizeof(*chapter));
    if (!chapter) return AVERROR(ENOMEM);
    int count = (int)context->nb_chapters;
    chapter->id = count + 1;
    chapter->time_base = av_make_q(1, 1000000);
    chapter->start = start;
    chapter->end = end;
    if (title) av_dict_set(&chapter->metadata, "title", title, 0);
    int status = av_dynarray_add_nofree(&context->chapters, &count, chapter);
    if (status < 0) {
        av_dict_free(&chapter->metadata);
        av_free(chapter);
        return status;
    }
    context->nb_chapters = (unsigned)count;
    return 0;
}

// AVChannelLayout holds a union and a macro initialiser; only the count matters here.
static inline int cinch_channels(const AVCodecParameters *parameters) {
    return parameters->ch_layout.nb_channels;
}

// Lets others go first, at the processor and at the disk. Linux keeps both for each thread: this one, those
// that can be listed, and by inheritance those to come. syscall() is variadic.
static inline void cinch_step_back(void) {
    setpriority(PRIO_PROCESS, 0, 10);
#if defined(__linux__) && defined(SYS_ioprio_set)
    syscall(SYS_ioprio_set, 1 /* a thread */, 0, 3 << 13 /* idle */);
    DIR *threads = opendir("/proc/self/task");
    struct dirent *entry;
    while (threads && (entry = readdir(threads))) {
        int thread = atoi(entry->d_name);
        if (thread <= 0) continue;
        setpriority(PRIO_PROCESS, (id_t)thread, 10);
        syscall(SYS_ioprio_set, 1 /* a thread */, thread, 3 << 13 /* idle */);
    }
    if (threads) closedir(threads);
#endif
}

#endif
