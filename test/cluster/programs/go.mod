module margay.test/programs

go 1.26
