pragma quick_check;
select count(*) from friend;
select count(*), sum(name = upper(name)) from person;
attach '/second.db' as second;
select * from second.copy limit 2;
pragma foreign_key_check;
