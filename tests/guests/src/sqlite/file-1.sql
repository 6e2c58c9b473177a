pragma page_size = 1024;
pragma journal_mode;
create table person(id integer primary key, name text not null unique, born integer);
create table friend(a references person, b references person, primary key(a, b)) without rowid;
create index by_birth on person(born, name);
create view pairs as select x.name as one, y.name as other from friend join person x on x.id = a join person y on y.id = b;
create trigger both after insert on friend when new.a < new.b begin insert into friend values(new.b, new.a); end;
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
  insert into person select i, printf('person %05d %s', i * 7919 % 10007, hex(i * 2654435761 % 65536)), 1900 + i * 31 % 120 from n;
insert into friend select id, id + 1 + id * 7 % 50 from person where id % 3 = 0 and id < 2900;
commit;
begin; delete from person; select count(*) from person; rollback;
select count(*), count(distinct born), min(name), max(name) from person;
select count(*) from pairs;
pragma page_count;
pragma integrity_check;
