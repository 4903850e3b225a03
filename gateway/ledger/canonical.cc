#include "gateway/ledger/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::ledger {

std::string CanonicalBytes(const google::protobuf::MessageLite& message) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return out;
}

Status ParseCanonical(std::string_view what, std::string_view bytes,
                      google::protobuf::MessageLite* message) {
  // libprotobuf writes a line to stderr for text that is not UTF-8; the error below says enough.
  const google::protobuf::LogSilencer silencer;
  const bool fits = bytes.size() <= limits::kTickBytesMax;
  if (!fits || !message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(Code::NOT_CANONICAL, absl::StrCat(ToAbsl(what), ": ", bytes.size(),
                                                       " bytes do not parse as this message"));
  }
  // Unknown fields would survive the round trip; without them it differs.
  if (auto* full = dynamic_cast<google::protobuf::Message*>(message); full != nullptr) {
    full->DiscardUnknownFields();
  }
  if (CanonicalBytes(*message) != bytes) {
    return MakeError(Code::NOT_CANONICAL,
                     absl::StrCat(ToAbsl(what), ": the bytes are not the canonical encoding"));
  }
  return absl::OkStatus();
}

}  // namespace tombolo::ledger
