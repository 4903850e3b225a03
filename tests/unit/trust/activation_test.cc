// The vectors under conformance/vectors/activation, which another program made from the format
// pages alone: what becomes active, waits or is refused, document after document.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "gateway/base/text.h"
#include "gateway/trust/federation.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/json_document.h"

namespace tombolo::trust {
namespace {

// A node that keeps what waits and tries it again after every activation.
class Keeper {
 public:
  explicit Keeper(std::shared_ptr<const Federation> start) : federation(std::move(start)) {}

  std::string Offer(const v1::SignedDocument& document, int64_t now_us) {
    const StatusOr<Activation> next = federation->Activate(document, Waiting(), now_us);
    if (!next.ok()) return std::string(NameOf(CodeOf(next.status())));
    federation = next->federation;
    if (next->waiting) waiting_[document.kind()] = document;
    if (!next->changed) return next->waiting ? "waiting" : "same";
    for (const v1::SignedDocument& again : Waiting()) {
      const StatusOr<Activation> retried = federation->Activate(again, Waiting(), now_us);
      if (retried.ok()) federation = retried->federation;
      if (!retried.ok() || !retried->waiting) waiting_.erase(again.kind());
    }
    return "active";
  }
  std::shared_ptr<const Federation> federation;

 private:
  std::vector<v1::SignedDocument> Waiting() const {
    std::vector<v1::SignedDocument> all;
    for (const auto& [kind, document] : waiting_) all.push_back(document);
    return all;
  }
  std::map<int, v1::SignedDocument> waiting_;
};

void RunFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const json::object vector = json::parse(text).as_object();
  const json::array& steps = vector.at("steps").as_array();
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<const Federation> start,
                       Federation::Found(DocumentOf(vector.at("root")),
                                         steps.at(0).at("now_us").to_number<int64_t>()));
  Keeper keeper(start);
  for (size_t i = 0; i < steps.size(); ++i) {
    const json::value& step = steps[i];
    EXPECT_EQ(keeper.Offer(DocumentOf(step.at("document")), step.at("now_us").to_number<int64_t>()),
              std::string(step.at("result").as_string()))
        << path.filename() << " step " << i + 1;
  }
  if (!vector.at("valid").as_bool()) return;  // the last step is refused; `active` says nothing
  const json::value& active = vector.at("active");
  EXPECT_EQ(keeper.federation->root().version(), active.at("root").to_number<uint64_t>());
  EXPECT_EQ(keeper.federation->registry().version(), active.at("registry").to_number<uint64_t>())
      << path.filename();
  EXPECT_EQ(keeper.federation->timestamp().version(), active.at("timestamp").to_number<uint64_t>())
      << path.filename();
}

TEST(Activation, OutcomesAreThoseOfTheOtherProgram) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(TOMBOLO_SOURCE_DIR) / "conformance/vectors/activation")) {
    RunFile(entry.path());
    ++files;
  }
  EXPECT_GE(files, 28);
}

}  // namespace
}  // namespace tombolo::trust
