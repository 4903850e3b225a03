// A sound catalogue of the made-up country: a register, a penalty, a list; and a profile with every
// switch on.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_SAMPLE_H_
#define TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_SAMPLE_H_

#include <memory>
#include <string>

#include "gateway/record/catalogue.h"
#include "tests/unit/record/fake_profile.h"

namespace tombolo::record {

inline constexpr int kRegister = 0, kPenalty = 1, kList = 2;

v1::CatalogueField* AddField(v1::CatalogueItem* item, const std::string& name, v1::FieldType type,
                             v1::SharingClass sharing_class);
// The field of this name; it must exist.
v1::CatalogueField* FieldOf(v1::CatalogueItem* item, const std::string& name);
void DropField(v1::CatalogueItem* item, const std::string& name);

v1::Catalogue SampleCatalogue();
// Every switch on, so that what is sound is sound under all rules.
v1::ProfileRules AllSwitches();
std::shared_ptr<FakeProfile> ProfileWith(const v1::ProfileRules& rules);
// Compiles; prints the status and ends the program if it cannot.
std::shared_ptr<const Catalogue> MustCompile(const v1::Catalogue& declared,
                                             std::shared_ptr<const Profile> profile);

// "CODE column" of each, one a line.
std::string Shown(const std::vector<Fault>& faults);

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_SAMPLE_H_
