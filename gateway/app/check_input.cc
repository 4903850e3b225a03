#include "gateway/app/check_input.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "adapters/engine/field_value.h"
#include "gateway/app/record_json.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/record/canonical.h"
#include "gateway/record/rules.h"

namespace tombolo::app {
namespace {

class StandardInputSource : public ByteSource {
 public:
  StatusOr<size_t> Read(char* out, size_t size) override {
    for (;;) {
      const ssize_t n = read(STDIN_FILENO, out, size);
      if (n >= 0) return static_cast<size_t>(n);
      if (errno != EINTR) {
        return MakeError(Code::IO_ERROR,
                         std::string("cannot read standard input: ") + std::strerror(errno));
      }
    }
  }
};

struct FileCloser {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

Status EachLine(std::FILE* file, const std::string& name, size_t line_bytes_max,
                const std::function<Status(std::string_view)>& visit) {
  std::string line;
  for (int c; (c = getc_unlocked(file)) != EOF;) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      if (line.size() > line_bytes_max) {
        return MakeError(Code::LIMIT_EXCEEDED, name + " has a line of more than " +
                                                   std::to_string(line_bytes_max) + " bytes");
      }
      continue;
    }
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) RETURN_IF_ERROR(visit(line));
    line.clear();
  }
  return line.empty() ? absl::OkStatus() : visit(line);
}

std::string TextOf(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "";
  return boost::json::serialize(value);
}

void Complain(RecordAnswer* answer, Code code, std::string column, std::string value,
              std::string reason) {
  answer->faults.push_back({code, std::move(column), std::move(value), std::move(reason)});
}

void ReadDate(const boost::json::object& object, const char* name, std::optional<int32_t>* to,
              RecordAnswer* answer) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return;
  *to = ParseIsoDate(TextOf(*value));
  if (!to->has_value()) {
    Complain(answer, Code::DATE_INVALID, name, TextOf(*value), "not a date of the form YYYY-MM-DD");
  }
}

void ReadHeader(const boost::json::object& object, record::Draft* draft, RecordAnswer* answer) {
  record::HeaderValues& header = draft->header;
  ReadDate(object, "decided_on", &header.decided_on, answer);
  ReadDate(object, "effective_on", &header.effective_on, answer);
  ReadDate(object, "valid_from", &header.valid_from, answer);
  ReadDate(object, "valid_until", &header.valid_until, answer);
  ReadDate(object, "publish_until", &header.publish_until, answer);
  ReadDate(object, "share_until", &header.share_until, answer);
  if (const boost::json::value* state = object.if_contains("state")) {
    if (!v1::RecordState_Parse(TextOf(*state), &header.state)) {
      Complain(answer, Code::INVALID_ARGUMENT, "state", TextOf(*state), "not a state of a record");
    }
  }
  if (const boost::json::value* key = object.if_contains("key");
      key != nullptr && key->is_array()) {
    for (const boost::json::value& part : key->get_array())
      draft->natural_key.push_back(TextOf(part));
  }
}

void ReadFields(const record::Catalogue& catalogue, const boost::json::object& fields,
                record::Draft* draft, RecordAnswer* answer) {
  for (const auto& [key, value] : fields) {
    const std::string name(key);
    const int index = draft->item->FieldIndex(name);
    if (index < 0) {
      Complain(answer, Code::FIELD_UNKNOWN, name, TextOf(value), "the item declares no such field");
      continue;
    }
    const record::FieldSpec& spec = draft->item->fields[index];
    const std::string text = TextOf(value);
    if (text.empty()) continue;
    record::Value& out = draft->values[index];
    std::string reason;
    if (spec.type == v1::CODE) {
      const std::string* label = catalogue.FindCode(spec.code_list, text);
      out = record::CodeValue{text, label == nullptr ? "" : *label};
    } else if (!engine::ValueFromText(spec.type, spec.scheme, text, &out, &reason)) {
      Complain(answer, Code::FIELD_TYPE, name, text, reason);
    }
  }
}

}  // namespace

Status EachInput(const std::vector<std::string>& files, size_t line_bytes_max,
                 const std::function<Status(std::string_view line)>& visit) {
  const std::vector<std::string> standard = {"-"};
  for (const std::string& name : files.empty() ? standard : files) {
    std::unique_ptr<std::FILE, FileCloser> file(name == "-" ? stdin
                                                            : std::fopen(name.c_str(), "re"));
    if (file == nullptr) {
      return MakeError(Code::FILE_UNREADABLE, "cannot open " + name + ": " + std::strerror(errno));
    }
    RETURN_IF_ERROR(EachLine(file.get(), name, line_bytes_max, visit));
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReadStandardInput(size_t bytes_max) {
  StandardInputSource source;
  std::string out;
  std::string block(limits::kReadBlockBytes, '\0');
  for (;;) {
    ASSIGN_OR_RETURN(const size_t n, source.Read(block.data(), block.size()));
    if (n == 0) return out;
    out.append(block, 0, n);
    if (out.size() > bytes_max) {
      return MakeError(Code::LIMIT_EXCEEDED,
                       "standard input has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

std::unique_ptr<ByteSource> StandardInput() { return std::make_unique<StandardInputSource>(); }

RecordAnswer CheckRecordJson(const record::Catalogue& catalogue, std::string_view json,
                             int32_t today) {
  RecordAnswer answer;
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = limits::kNestingMax;
  const boost::json::value parsed =
      boost::json::parse(boost::json::string_view(json.data(), json.size()), error, {}, options);
  if (error || !parsed.is_object()) {
    Complain(&answer, Code::JSON_MALFORMED, "", "", "not a JSON object: " + error.message());
    return answer;
  }
  const boost::json::object& object = parsed.get_object();
  const boost::json::value* item = object.if_contains("item");
  record::Draft draft;
  draft.item = item == nullptr ? nullptr : catalogue.FindItem(TextOf(*item));
  if (draft.item == nullptr) {
    Complain(&answer, Code::CATALOGUE_ITEM_UNKNOWN, "item", item == nullptr ? "" : TextOf(*item),
             "the pack's catalogue has no such item");
    return answer;
  }
  draft.values.resize(draft.item->fields.size());
  ReadHeader(object, &draft, &answer);
  if (const boost::json::value* fields = object.if_contains("fields");
      fields != nullptr && fields->is_object()) {
    ReadFields(catalogue, fields->get_object(), &draft, &answer);
  }
  record::Verdict verdict;
  record::Validate(catalogue, today, &draft, &verdict);
  answer.faults.insert(answer.faults.end(), verdict.faults.begin(), verdict.faults.end());
  answer.warnings = std::move(verdict.warnings);
  if (!answer.faults.empty()) return answer;
  record::LayerBytes layers;
  if (const Status status = record::EncodeLayers(draft, &layers); !status.ok()) {
    Complain(&answer, CodeOf(status), "", "", std::string(status.message()));
    return answer;
  }
  node::RecordView view;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (StatusOr<v1::Layer> layer = record::DecodeLayer(layers[i]); layer.ok())
      view.layers[i] = *layer;
  }
  answer.normal_json = LayersJson(view);
  return answer;
}

}  // namespace tombolo::app
