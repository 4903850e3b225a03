// XML by libxml2's SAX2 interface, fed in chunks. The same tokeniser is behind xmlTextReader, which
// builds a node for every element and was half as fast. Nothing is ever fetched; a document type
// declaration is refused, so there are no entities but the five of XML itself.
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/readers/tree_reader.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kXsi = "http://www.w3.org/2001/XMLSchema-instance";
constexpr std::string_view kDoctype = "<!DOCTYPE";
constexpr const char* kHasDoctype = "has a document type declaration (DOCTYPE)";
constexpr size_t kCdataPieceBytes = 300;  // libxml2's XML_PARSER_BIG_BUFFER_SIZE
constexpr size_t kFeedBytes = 4 * limits::kKiB;
constexpr int kAttributeFields = 5;  // of libxml2's array: local name, prefix, URI, begin, end

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

struct ContextDeleter {
  void operator()(xmlParserCtxtPtr context) const { ::xmlFreeParserCtxt(context); }
};

bool IsEntityError(int code) {
  switch (code) {
    case XML_ERR_UNDECLARED_ENTITY:
    case XML_WAR_UNDECLARED_ENTITY:
    case XML_ERR_ENTITY_LOOP:
    case XML_ERR_UNPARSED_ENTITY:
    case XML_ERR_ENTITY_IS_EXTERNAL:
    case XML_ERR_ENTITY_IS_PARAMETER:
      return true;
    default:
      return false;
  }
}

// The size of the blanks, the comment or the instruction that `text` begins with; 0 if there is
// none or it does not end in `text`.
size_t PrologPieceSize(std::string_view text) {
  const size_t blanks = std::min(text.find_first_not_of(kBlanks), text.size());
  if (blanks > 0) return blanks;
  const auto up_to = [text](std::string_view begin, std::string_view end) -> size_t {
    if (!text.starts_with(begin)) return 0;
    const size_t at = text.find(end, begin.size());
    return at == std::string_view::npos ? 0 : at + end.size();
  };
  return std::max(up_to("<?", "?>"), up_to("<!--", "-->"));
}

// Whether `text`, in which no piece of a prolog is whole, begins with something else: an element,
// or a mistake.
bool EndsProlog(std::string_view text) {
  const auto may_become = [text](std::string_view begin) {
    return text.starts_with(begin) || begin.starts_with(text);
  };
  return !may_become("<?") && !may_become("<!--") && !may_become(kDoctype);
}

class XmlReader : public TreeReader {
 public:
  XmlReader(ReaderInput input, const ReaderOptions& options, std::unique_ptr<CompiledPaths> paths,
            std::unique_ptr<TranscodingSource> source)
      : TreeReader(std::move(input), std::move(paths), std::move(source)),
        row_path_(options.row_path) {
    xmlSAXHandler sax{};
    sax.initialized = XML_SAX2_MAGIC;
    sax.internalSubset = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
      Self(self)->Refuse(kHasDoctype);
    };
    sax.entityDecl = [](void* self, const xmlChar*, int, const xmlChar*, const xmlChar*, xmlChar*) {
      Self(self)->Refuse("declares an entity");
    };
    sax.reference = [](void* self, const xmlChar*) { Self(self)->Refuse("uses an entity"); };
    sax.startElementNs = [](void* self, const xmlChar* name, const xmlChar*, const xmlChar* uri,
                            int, const xmlChar**, int attributes, int, const xmlChar** values) {
      Self(self)->Start(View(name), View(uri), attributes, values);
    };
    sax.endElementNs = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
      Self(self)->End();
    };
    const auto text = [](void* self, const xmlChar* chars, int size) {
      Self(self)->Text({reinterpret_cast<const char*>(chars), static_cast<size_t>(size)});
    };
    sax.characters = text;
    sax.ignorableWhitespace = text;
    sax.cdataBlock = text;
    sax.serror = [](void* self, xmlErrorPtr error) { Self(self)->Error(error); };
    context_.reset(::xmlCreatePushParserCtxt(&sax, this, nullptr, 0, nullptr));
    if (context_ != nullptr) {
      // The source is UTF-8 by now, whatever the prolog says.
      ::xmlCtxtUseOptions(context_.get(), XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    }
  }

 private:
  struct Frame {
    int node = kNoNode;
    bool inner = false;
    bool opened_row = false;
    bool captures = false;
    size_t hint = 0;
  };
  struct Capture {
    const PathNode* node = nullptr;
    bool inner = false;
    bool too_large = false;
    bool nil = false;
    std::string text;
  };

  static XmlReader* Self(void* self) { return static_cast<XmlReader*>(self); }

  Status Step() override {
    if (context_ == nullptr) return Fail(Code::INTERNAL, "the XML parser cannot be made");
    ASSIGN_OR_RETURN(std::string_view chunk, ReadChunk('&'));
    if (chunk.empty()) return Finish();
    if (!started_) {
      const size_t first = chunk.find_first_not_of(kBlanks);
      if (first == std::string_view::npos) return absl::OkStatus();
      if (chunk[first] != '<') return Fail(Code::FORMAT_UNKNOWN, "is not XML: it has no < first");
      started_ = true;
      chunk.remove_prefix(first);
    }
    if (in_prolog_) return Prolog(chunk);
    return Feed(chunk);
  }

  // An open CDATA section is taken in small pieces, and all that is there is searched for its end
  // before each; so what is there is kept small.
  Status Feed(std::string_view part) {
    while (!part.empty()) {
      const bool section = context_->instate == XML_PARSER_CDATA_SECTION;
      const size_t size = std::min(part.size(), section ? 2 * kCdataPieceBytes : kFeedBytes);
      RETURN_IF_ERROR(FeedSome(part.substr(0, size)));
      part.remove_prefix(size);
    }
    return absl::OkStatus();
  }

  Status FeedSome(std::string_view part) {
    ::xmlParseChunk(context_.get(), part.data(), static_cast<int>(part.size()), 0);
    for (size_t left = Left(); failure_.ok() && left > kCdataPieceBytes; left = Left()) {
      ::xmlParseChunk(context_.get(), nullptr, 0, 0);
      if (Left() == left) break;
    }
    RETURN_IF_ERROR(failure_);
    // A tag or comment is only looked at when it is whole.
    return Left() > input_.limits.row_bytes_max ? TagTooLarge() : absl::OkStatus();
  }

  // Bytes that the parser keeps back, since what they begin is not whole.
  size_t Left() const {
    const xmlParserInputPtr in = context_->input;
    return in == nullptr ? 0 : static_cast<size_t>(in->end - in->cur);
  }

  Status TagTooLarge() const {
    return Fail(Code::ROW_TOO_LARGE, absl::StrCat("line ", Line(), ": a tag or a comment has more ",
                                                  "than ", input_.limits.row_bytes_max, " bytes"));
  }

  // What stands before the first element goes to the parser piece by piece, whatever the blocks, so
  // that the first thing wrong is what is said; a document type declaration is refused as soon as
  // its word is there, since what follows may be broken in ways that look like other trouble.
  Status Prolog(std::string_view chunk) {
    prolog_.append(chunk);
    std::string_view rest = prolog_;
    for (;;) {
      const size_t size = PrologPieceSize(rest);
      if (size == 0) break;
      RETURN_IF_ERROR(Feed(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
    if (rest.starts_with(kDoctype)) {
      Refuse(kHasDoctype);
      return failure_;
    }
    if (EndsProlog(rest)) {
      in_prolog_ = false;
      return Feed(rest);
    }
    prolog_.erase(0, prolog_.size() - rest.size());
    if (prolog_.size() <= input_.limits.row_bytes_max) return absl::OkStatus();
    return TagTooLarge();
  }

  Status Finish() {
    done_ = true;
    if (!started_) return Fail(Code::FILE_EMPTY, "the file has only blanks; get it again");
    if (in_prolog_) RETURN_IF_ERROR(Feed(prolog_));
    finishing_ = true;
    ::xmlParseChunk(context_.get(), nullptr, 0, 1);
    RETURN_IF_ERROR(failure_);
    return CheckParentSeen(parent_seen_, row_path_);
  }

  uint64_t Line() const {
    return context_->input == nullptr ? 0 : static_cast<uint64_t>(context_->input->line);
  }

  // The parser keeps back what may go on in the next chunk, so a mistake near the end is seen late
  // too.
  bool AtEnd() const { return Left() == 0; }

  void Stop(Status status) {
    if (!failure_.ok()) return;
    failure_ = std::move(status);
    ::xmlStopParser(context_.get());
  }

  void Refuse(const char* what) {
    Stop(Fail(Code::XML_ENTITY,
              absl::StrCat("line ", Line(), ": the file ", what, "; such files are refused")));
  }

  void Error(const xmlError* error) {
    if (error == nullptr || error->level < XML_ERR_ERROR || !failure_.ok()) return;
    std::string text = error->message == nullptr ? "not well-formed" : error->message;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text = WithoutMarkers(text);
    const std::string where =
        absl::StrCat("line ", error->line, ", after ", builder_.rows(), " rows: ");
    if (IsEntityError(error->code)) {
      Stop(Fail(Code::XML_ENTITY, absl::StrCat(where, text, "; such files are refused")));
    } else if (finishing_ &&
               (AtEnd() || (error->code == XML_ERR_DOCUMENT_END && !frames_.empty()))) {
      Stop(Fail(Code::FILE_TRUNCATED,
                absl::StrCat(where, "the document is not closed; get the file again")));
    } else {
      Stop(Fail(Code::XML_MALFORMED, absl::StrCat(where, text)));
    }
  }

  const PathNode* NodeOf(const Frame& frame) const {
    if (frame.node == kNoNode) return nullptr;
    return &(frame.inner ? paths_->inner : paths_->outer)[static_cast<size_t>(frame.node)];
  }

  static bool Fits(const readers::Step& step, std::string_view name, std::string_view uri,
                   bool attribute) {
    if (step.attribute != attribute) return false;
    if (step.has_uri && step.uri != uri) return false;
    return step.any || step.name == name;
  }

  static int Match(const PathNode* node, std::string_view name, std::string_view uri,
                   bool attribute, size_t* hint) {
    if (node == nullptr) return kNoNode;
    return node->Find(hint,
                      [&](const readers::Step& step) { return Fits(step, name, uri, attribute); });
  }

  void Start(std::string_view name, std::string_view uri, int attributes, const xmlChar** values) {
    if (!failure_.ok()) return;
    if (frames_.size() >= input_.limits.nesting_max) {
      Stop(Fail(Code::NESTING_TOO_DEEP,
                absl::StrCat("line ", Line(), ": elements are nested deeper than ",
                             input_.limits.nesting_max)));
      return;
    }
    Frame frame;
    if (frames_.empty()) {
      frame.node = Match(&paths_->outer[0], name, uri, false, &frame.hint);
      frame.hint = 0;
      if (paths_->row_depth == 1) parent_seen_ = frame.node != kNoNode;
    } else {
      frame.inner = frames_.back().inner;
      frame.node = Match(NodeOf(frames_.back()), name, uri, false, &frames_.back().hint);
    }
    const PathNode* node = NodeOf(frame);
    if (!frame.inner && node != nullptr && node->row_depth >= 0) {
      if (!node->is_row) builder_.ClearContexts(node->row_depth);
      if (node->row_depth == paths_->row_depth - 1) parent_seen_ = true;
      if (node->is_row) {
        frame = {0, true, true};
        builder_.Begin(Line());
        node = NodeOf(frame);
      }
    }
    if (node != nullptr && !node->columns.empty()) {
      frame.captures = true;
      OpenCapture(node, frame.inner);
    }
    if (attributes > 0) Attributes(node, frame, attributes, values);
    frames_.push_back(frame);
  }

  void OpenCapture(const PathNode* node, bool inner) {
    if (captures_.size() == captures_open_) captures_.emplace_back();
    Capture& capture = captures_[captures_open_++];
    capture.node = node;
    capture.inner = inner;
    capture.too_large = capture.nil = false;
    capture.text.clear();
  }

  void Attributes(const PathNode* node, const Frame& frame, int count, const xmlChar** values) {
    for (int i = 0; i < count; ++i) {
      const xmlChar** const field = values + i * kAttributeFields;
      const std::string_view name = View(field[0]);
      const std::string_view uri = View(field[2]);
      const std::string_view value(reinterpret_cast<const char*>(field[3]),
                                   static_cast<size_t>(field[4] - field[3]));
      if (frame.captures && name == "nil" && uri == kXsi && (value == "true" || value == "1")) {
        captures_[captures_open_ - 1].nil = true;
      }
      builder_.Note(value);
      if (node == nullptr || !node->has_attributes) continue;
      size_t hint = 0;
      const int child = Match(node, name, uri, true, &hint);
      if (child == kNoNode) continue;
      const PathNode* const found = NodeOf({child, frame.inner});
      for (const size_t column : found->columns) Put(column, frame.inner, value);
    }
  }

  void Put(size_t column, bool inner, std::string_view text) {
    if (inner) {
      builder_.Cell(column, text, RowBuilder::Again::kJoin);
    } else if (text.size() <= input_.limits.cell_bytes_max) {
      builder_.SetContext(column, text);
    }
  }

  void Text(std::string_view text) {
    if (captures_open_ == 0) {
      builder_.Note(text);
      return;
    }
    for (size_t i = 0; i < captures_open_; ++i) {
      Capture& capture = captures_[i];
      if (capture.text.size() + text.size() > input_.limits.cell_bytes_max) {
        capture.too_large = true;
      } else if (!capture.too_large) {
        capture.text.append(text);
      }
    }
  }

  void End() {
    if (!failure_.ok() || frames_.empty()) return;
    const Frame frame = frames_.back();
    frames_.pop_back();
    if (frame.captures) {
      const Capture& capture = captures_[--captures_open_];
      for (const size_t column : capture.node->columns) {
        if (capture.too_large && capture.inner) {
          builder_.CellTooLarge(column);
        } else if (!capture.too_large && !capture.nil) {
          Put(column, capture.inner, capture.text);
        }
      }
    }
    if (frame.opened_row) builder_.End();
  }

  std::string row_path_;
  std::unique_ptr<xmlParserCtxt, ContextDeleter> context_;
  Status failure_;
  bool started_ = false;
  bool in_prolog_ = true;
  std::string prolog_;  // the begin of a piece that is not whole yet
  bool finishing_ = false;
  bool parent_seen_ = false;
  std::vector<Frame> frames_;
  std::vector<Capture> captures_;
  size_t captures_open_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> MakeXmlReader(ReaderInput input, const ReaderOptions& options,
                                         std::unique_ptr<CompiledPaths> paths,
                                         std::unique_ptr<TranscodingSource> source) {
  // Once per process and safe to repeat, but not from two threads at first.
  static const bool ready = [] {
    ::xmlInitParser();
    return true;
  }();
  (void)ready;
  return std::make_unique<XmlReader>(std::move(input), options, std::move(paths),
                                     std::move(source));
}

}  // namespace tombolo::readers
