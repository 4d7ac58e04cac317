package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decode reads one JSON value into v. A key that v does not have is an error, and so is one of v that is absent or
// null, unless its field has omitempty.
func decode(body []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("%w in %.500s", err, body)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("more than one value in %.500s", body)
	}
	if err := complete(body, reflect.TypeOf(v).Elem(), "$"); err != nil {
		return fmt.Errorf("%w in %.500s", err, body)
	}
	return nil
}

// complete looks for what a struct requires, also within lists, maps and other structs.
func complete(value []byte, of reflect.Type, at string) error {
	switch of.Kind() {
	case reflect.Pointer:
		return complete(value, of.Elem(), at)
	case reflect.Slice:
		if of == reflect.TypeOf(json.RawMessage{}) {
			return nil
		}
		var items []json.RawMessage
		if err := json.Unmarshal(value, &items); err != nil {
			return err
		}
		for number, item := range items {
			if err := complete(item, of.Elem(), fmt.Sprintf("%s[%d]", at, number)); err != nil {
				return err
			}
		}
	case reflect.Map, reflect.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(value, &members); err != nil {
			return err
		}
		if of.Kind() == reflect.Map {
			for name, member := range members {
				if err := complete(member, of.Elem(), at+"."+name); err != nil {
					return err
				}
			}
			return nil
		}
		for number := 0; number < of.NumField(); number++ {
			field := of.Field(number)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			member, isThere := members[name]
			if !isThere && options == "omitempty" {
				continue
			}
			if !isThere || string(member) == "null" {
				return fmt.Errorf("%s has no %s", at, name)
			}
			if err := complete(member, field.Type, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}
