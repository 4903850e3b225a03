#include "gateway/base/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/assert_ok.h"

namespace tombolo {
namespace {

TEST(Codes, EachHasANameADocumentAndAnExitCode) {
  std::set<std::string_view> names;
  for (const CodeInfo& info : AllCodes()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " is there twice";
    EXPECT_GE(info.exit_code, 1) << info.name;
    EXPECT_LE(info.exit_code, 4) << info.name;
    EXPECT_GE(info.http_status, 400) << info.name;
    EXPECT_LE(info.http_status, 599) << info.name;
    EXPECT_GT(info.doc.size(), 20u) << info.name;
    EXPECT_TRUE(info.doc.ends_with('.')) << info.name;
    EXPECT_EQ(info.doc.find("  "), std::string_view::npos) << info.name;
    EXPECT_EQ(CodeFromName(info.name), info.code);
    EXPECT_EQ(&InfoOf(info.code), &info);
  }
  EXPECT_GT(names.size(), 50u);
  EXPECT_EQ(CodeFromName("NO_SUCH_CODE"), std::nullopt);
  EXPECT_EQ(CodeFromName(""), std::nullopt);
  EXPECT_EQ(NameOf(Code::kOk), "OK");
}

TEST(Faults, AreToldOnOneLine) {
  EXPECT_EQ(Describe(Fault{Code::DATE_INVALID, "opened", "31.02.", "no such day"}),
            "DATE_INVALID opened = \"31.02.\": no such day");
  EXPECT_EQ(Describe(Fault{Code::FIELD_REQUIRED, "name", "", "it is empty"}),
            "FIELD_REQUIRED name: it is empty");
}

// Only trouble of our own looks like trouble of our own.
TEST(Codes, EachBecomesAStatusOfItsKind) {
  for (const CodeInfo& info : AllCodes()) {
    const Status status = MakeError(info.code, "what is wrong");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(CodeOf(status), info.code);
    EXPECT_EQ(Describe(status), std::string(info.name) + ": what is wrong");
    EXPECT_EQ(status.code() == absl::StatusCode::kInternal, info.http_status == 500) << info.name;
  }
}

TEST(Codes, AStatusFromElsewhereIsInternal) {
  EXPECT_EQ(CodeOf(absl::InvalidArgumentError("x")), Code::INTERNAL);
  EXPECT_EQ(CodeOf(absl::OkStatus()), Code::kOk);
  EXPECT_EQ(Describe(absl::OkStatus()), "OK");
}

StatusOr<int> Half(int value) {
  if (value % 2 != 0) return MakeError(Code::NUMBER_INVALID, "odd");
  return value / 2;
}

Status Check(int value) {
  RETURN_IF_ERROR(Half(value).status());
  return absl::OkStatus();
}

StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

TEST(Macros, PassOnTheFirstError) {
  EXPECT_OK(Check(2));
  EXPECT_CODE(Code::NUMBER_INVALID, Check(3));
  ASSERT_OK_AND_ASSIGN(const int quarter, Quarter(8));
  EXPECT_EQ(quarter, 2);
  EXPECT_CODE(Code::NUMBER_INVALID, Quarter(6));
  EXPECT_CODE(Code::NUMBER_INVALID, Quarter(7));
}

}  // namespace
}  // namespace tombolo
